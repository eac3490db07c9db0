"""The Mastodon client API: https://docs.joinmastodon.org/methods/; routes.py is its table of contents."""
