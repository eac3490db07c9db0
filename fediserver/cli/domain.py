"""`fediserver domain`: which other servers this node deals with."""

from pathlib import Path

import click

from fediserver.actions import moderate_domains
from fediserver.actions.moderate import Decision
from fediserver.activitypub.context import Context
from fediserver.cli.common import Node, node_options, run, show
from fediserver.db import domain_rules
from fediserver.db.domain_rules import DomainRule
from fediserver.errors import Invalid, NotFound
from fediserver.text import handles


@click.group()
def domain() -> None:
    """Other servers: block, allow, list."""


@domain.command()
@click.argument("host")
@click.option("--severity", type=click.Choice(["suspend", "silence"]), default="suspend", show_default=True)
@click.option("--reason", default="", help="Why; shown to other organisers.")
@node_options
def block(node: Node, host: str, severity: str, reason: str) -> None:
    """Block a server and everything below its name."""
    _put(node, host, severity, reason)
    click.echo(f"{host}: {severity}")


@domain.command()
@click.argument("host")
@click.option("--reason", default="")
@node_options
def allow(node: Node, host: str, reason: str) -> None:
    """Allow a server, where FEDISERVER_FEDERATION is allowlist."""
    _put(node, host, "allow", reason)
    click.echo(f"{host}: allowed")


@domain.command()
@click.argument("host")
@node_options
def unblock(node: Node, host: str) -> None:
    """Remove the rule for a server."""
    name = _named(host)

    async def work(ctx: Context) -> None:
        rule = await domain_rules.by_domain(ctx.db, name)
        if rule is None:
            raise NotFound(f"there is no rule for {host}; `fediserver domain list` shows them")
        await moderate_domains.drop(ctx, rule, Decision(by=None))

    run(node, work)
    click.echo(f"{host}: no rule")


@domain.command(name="list")
@click.option("--json", "as_json", is_flag=True, help="Print facts as JSON.")
@node_options
def list_rules(node: Node, as_json: bool) -> None:
    """List the rules."""

    async def work(ctx: Context) -> list[DomainRule]:
        return await domain_rules.everything(ctx.db)

    rules = run(node, work)
    facts = [{"domain": rule.domain, "severity": rule.severity, "reason": rule.reason} for rule in rules]
    lines = [f"{rule.domain}  {rule.severity}  {rule.reason}".rstrip() for rule in rules]
    show(facts, as_json=as_json, text="\n".join(lines) or "no rules")


@domain.command(name="import")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@node_options
def import_rules(node: Node, file: Path) -> None:
    """Take over a block list: one domain a line, or Mastodon's CSV with severity."""
    rules = []
    for line in file.read_text(encoding="utf-8").splitlines():
        name, severity, *_ = [part.strip() for part in f"{line},".split(",")]
        if not name or name.startswith("#"):
            continue
        rules.append((_named(name), severity if severity in ("silence", "suspend") else "suspend"))

    async def work(ctx: Context) -> None:
        for name, severity in rules:
            await moderate_domains.put(
                ctx, DomainRule(name, severity, "imported", ctx.clock()), Decision(by=None)
            )

    run(node, work)
    click.echo(f"{len(rules)} rules taken over")


@domain.command()
@node_options
def export(node: Node) -> None:
    """Print the blocks as Mastodon's CSV."""

    async def work(ctx: Context) -> list[DomainRule]:
        return await domain_rules.everything(ctx.db)

    click.echo("#domain,#severity,#reject_media,#reject_reports,#public_comment,#obfuscate")
    for rule in run(node, work):
        if rule.severity in ("silence", "suspend"):
            comment = rule.reason.replace('"', "'")
            click.echo(
                f'{rule.domain},{rule.severity},{rule.reject_media},{rule.reject_reports},"{comment}",{rule.obfuscate}'
            )


def _put(node: Node, host: str, severity: str, reason: str) -> None:
    name = _named(host)

    async def work(ctx: Context) -> None:
        await moderate_domains.put(ctx, DomainRule(name, severity, reason, ctx.clock()), Decision(by=None))

    run(node, work)


def _named(host: str) -> str:
    """The one form of a host; internationalised names as punycode."""
    name = handles.host(host.strip().removeprefix("*."))
    if name is None:
        raise Invalid(f"{host!r} is no host name such as spam.example")
    return name
