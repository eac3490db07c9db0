"""`python -m fediserver`."""

from fediserver.cli import main

main()
