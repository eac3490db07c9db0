"""From rows to what is shown: Mastodon entities, and later mail, feeds and push texts."""
