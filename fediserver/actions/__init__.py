"""What people do, one file for each verb; knows neither HTTP nor ActivityPub."""
