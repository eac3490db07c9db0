"""Rows as Mastodon entities (https://docs.joinmastodon.org/entities/), in batches, as JSON bytes."""
