"""The command line: one file for each noun."""

import sys

import click

from fediserver import __version__
from fediserver.cli.about import about
from fediserver.cli.account import account
from fediserver.cli.announcement import announcement
from fediserver.cli.domain import domain
from fediserver.cli.group import group
from fediserver.cli.network import network
from fediserver.cli.queue import queue
from fediserver.cli.rule import rule
from fediserver.cli.serve import serve
from fediserver.errors import FediserverError


@click.group()
@click.version_option(__version__, prog_name="fediserver")
def cli() -> None:
    """A node of fediserver: groups that get things done together."""


for command in (serve, about, account, group, domain, queue, rule, announcement, network):
    cli.add_command(command)


def main() -> None:
    """Run a command; a failure is one line on stderr and a non-zero exit."""
    try:
        cli(standalone_mode=False)
    except click.ClickException as problem:
        problem.show()
        sys.exit(problem.exit_code)
    except click.Abort:
        click.echo("stopped", err=True)
        sys.exit(130)
    except (FediserverError, OSError) as problem:
        click.echo(f"fediserver: {problem}", err=True)
        sys.exit(1)
