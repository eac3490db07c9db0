"""HTTP in: the client API, the pages, OAuth and the federation endpoints."""
