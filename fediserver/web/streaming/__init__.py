"""Streaming: https://docs.joinmastodon.org/methods/streaming/, by WebSocket and as server-sent events."""
