"""fediserver: a federated social-action microblog server for community groups."""

__version__ = "0.1.0"
