"""What the network says and hears: ActivityPub documents read, checked, handled, written and delivered."""
