"""`fediserver account`: people of the node and their tokens."""

import sys

import click

from fediserver.actions import command_tokens, moderate, register, sessions
from fediserver.actions.moderate import Decision
from fediserver.activitypub.context import Context
from fediserver.cli.common import Node, local_account, node_options, run, show
from fediserver.clock import isoformat
from fediserver.db import accounts, moderation
from fediserver.models.account import Account

SCOPES = "read write follow push"


@click.group()
def account() -> None:
    """People of this node."""


@account.command()
@click.argument("name")
@click.option("--email", required=True, help="Where mail for this person goes.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@click.option("--role", type=click.Choice(register.ROLES), default="member", show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print facts as JSON.")
@node_options
def create(node: Node, name: str, email: str, password_stdin: bool, role: str, as_json: bool) -> None:
    """Make an account that is usable at once."""
    password = sys.stdin.readline().rstrip("\n") if password_stdin else ""

    async def work(ctx: Context) -> tuple[Account, str]:
        made = await register.register(
            ctx,
            name=name,
            email=email,
            password=password,
            locale="en",
            confirmed=True,
            approved=True,
            role=role,
        )
        token = "" if password else await sessions.make_link(ctx, made)
        return made, f"{ctx.config.base_url}/auth/password/{token}" if token else ""

    made, link = run(node, work)
    facts = {"id": str(made.id), "name": made.username, "uri": made.uri, "role": role, "link": link or None}
    text = f"@{made.username} is ready."
    if link:
        text += f" They choose their password within 24 hours here:\n    {link}"
    show(facts, as_json=as_json, text=text)


@account.command()
@click.argument("name")
@click.option("--scopes", default=SCOPES, show_default=True)
@click.option("--app", "app_name", default="fediserver command line", show_default=True)
@click.option("--expires", type=click.IntRange(1, 3650), help="Days until it ends.")
@click.option("--revoke", is_flag=True, help="Revoke the tokens that this command made under --app.")
@node_options
def token(node: Node, name: str, scopes: str, app_name: str, expires: int | None, revoke: bool) -> None:
    """Print a bearer token that acts as an account, or as a group for its owner."""

    async def work(ctx: Context) -> str:
        chosen = await local_account(ctx, name)
        if revoke:
            count = await command_tokens.revoke(ctx, account=chosen, app_name=app_name)
            return f"tokens revoked: {count}"
        return await command_tokens.issue(ctx, account=chosen, asked=scopes, app_name=app_name, days=expires)

    click.echo(run(node, work))


@account.command(name="list")
@click.option("--json", "as_json", is_flag=True, help="Print facts as JSON.")
@node_options
def list_accounts(node: Node, as_json: bool) -> None:
    """List the people of this node."""

    async def work(ctx: Context) -> list[dict[str, object]]:
        users = await accounts.users(ctx.db)
        rows = await accounts.by_ids(ctx.db, [user.account_id for user in users])
        return [
            {
                "name": rows[user.account_id].username,
                "email": user.email,
                "role": user.role,
                "approved": user.approved_at is not None,
                "suspended": rows[user.account_id].suspended_at is not None,
            }
            for user in users
        ]

    facts = run(node, work)
    lines = [
        f"@{one['name']}  {one['role']}  {one['email']}"
        + ("" if one["approved"] else "  (waits for approval)")
        + ("  (suspended)" if one["suspended"] else "")
        for one in facts
    ]
    show(facts, as_json=as_json, text="\n".join(lines))


@account.command(name="show")
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="Print facts as JSON.")
@node_options
def show_account(node: Node, name: str, as_json: bool) -> None:
    """Show one account."""

    async def work(ctx: Context) -> dict[str, object]:
        found = await local_account(ctx, name)
        user = await accounts.user(ctx.db, found.id)
        return {
            "id": str(found.id),
            "name": found.username,
            "kind": found.actor_type,
            "uri": found.uri,
            "email": user.email if user else None,
            "role": user.role if user else None,
            "posts": found.statuses_count,
            "followers": found.followers_count,
            "following": found.following_count,
        }

    facts = run(node, work)
    show(
        facts,
        as_json=as_json,
        text="\n".join(f"{key}: {value}" for key, value in facts.items() if value is not None),
    )


@account.command(name="reset-password")
@click.argument("name")
@node_options
def reset_password(node: Node, name: str) -> None:
    """Print a link by which somebody chooses a new password, once and within 24 hours."""

    async def work(ctx: Context) -> str:
        return f"{ctx.config.base_url}/auth/password/{await sessions.make_link(ctx, await local_account(ctx, name))}"

    click.echo(run(node, work))


@account.command()
@click.argument("name")
@node_options
def approve(node: Node, name: str) -> None:
    """Let somebody in who has signed up and waits."""

    async def work(ctx: Context) -> None:
        await moderate.approve(ctx, (await local_account(ctx, name)).id, Decision(by=None))

    run(node, work)
    click.echo(f"@{name} can log in")


@account.command()
@click.argument("name")
@node_options
def confirm(node: Node, name: str) -> None:
    """Take somebody's e-mail address for theirs, when the mail with the link does not reach them."""

    async def work(ctx: Context) -> None:
        await register.confirm_by_hand(ctx, await local_account(ctx, name))

    run(node, work)
    click.echo(f"the address of @{name} is confirmed")


@account.command()
@click.argument("name")
@click.option("--reason", default="", help="Why; kept in the log.")
@node_options
def suspend(node: Node, name: str, reason: str) -> None:
    """Shut somebody out: no log-in, no posts shown; it can be taken back."""

    async def work(ctx: Context) -> None:
        found = await local_account(ctx, name)
        await moderate.take(ctx, found.id, "suspend", Decision(by=None, reason=reason))

    run(node, work)
    click.echo(f"@{name} is suspended")


@account.command()
@click.argument("name")
@node_options
def unsuspend(node: Node, name: str) -> None:
    """Let somebody in again who was suspended."""

    async def work(ctx: Context) -> None:
        await moderate.unsuspend(ctx, (await local_account(ctx, name)).id, Decision(by=None))

    run(node, work)
    click.echo(f"@{name} is no longer suspended")


@account.command()
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="Print facts as JSON.")
@node_options
def log(node: Node, name: str, as_json: bool) -> None:
    """Show what moderators decided about an account, newest first."""

    async def work(ctx: Context) -> list[dict[str, object]]:
        acts = await moderation.about(ctx.db, (await local_account(ctx, name)).id)
        people = await accounts.by_ids(ctx.db, [act.actor_id for act in acts if act.actor_id is not None])
        return [
            {
                "at": isoformat(act.created_at),
                "by": people[act.actor_id].username if act.actor_id is not None else None,
                "deed": act.deed,
                "report": None if act.report_id is None else str(act.report_id),
                "reason": act.reason,
            }
            for act in acts
        ]

    facts = run(node, work)
    lines = [
        f"{one['at']}  {one['by'] or 'command line'}  {one['deed']}  {one['reason']}".rstrip()
        for one in facts
    ]
    show(facts, as_json=as_json, text="\n".join(lines) or "nothing was decided")
