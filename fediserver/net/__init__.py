"""The only place that opens sockets to strangers: address guard, HTTP client, memory of hosts."""
