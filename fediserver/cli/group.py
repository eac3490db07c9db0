"""`fediserver group`: groups of the node."""

import sys

import click

from fediserver.actions import follow as following
from fediserver.actions import register
from fediserver.actions.publish import Draft, publish
from fediserver.activitypub import lookup
from fediserver.activitypub.context import Context
from fediserver.cli.common import Node, local_account, local_group, node_options, run, show
from fediserver.db import accounts, groups
from fediserver.errors import Invalid, NotFound
from fediserver.models.account import Account
from fediserver.models.relationship import GroupMember
from fediserver.text import handles

ROLES = ("owner", "moderator", "editor", "member")


@click.group()
def group() -> None:
    """Groups of this node."""


@group.command()
@click.argument("name")
@click.option("--title", required=True)
@click.option("--owner", required=True, help="Who runs it: a person of this node.")
@click.option("--json", "as_json", is_flag=True, help="Print facts as JSON.")
@node_options
def create(node: Node, name: str, title: str, owner: str, as_json: bool) -> None:
    """Make a group."""

    async def work(ctx: Context) -> Account:
        return await register.create_group(ctx, name=name, title=title, owner=await local_account(ctx, owner))

    made = run(node, work)
    facts = {"id": str(made.id), "name": made.username, "uri": made.uri, "title": made.display_name}
    show(facts, as_json=as_json, text=f"The group @{made.username} is ready at {made.url}")


@group.command(name="list")
@click.option("--json", "as_json", is_flag=True, help="Print facts as JSON.")
@node_options
def list_groups(node: Node, as_json: bool) -> None:
    """List the groups of this node."""

    async def work(ctx: Context) -> list[Account]:
        return await groups.everything(ctx.db)

    found = run(node, work)
    facts = [
        {"name": one.username, "title": one.display_name, "followers": one.followers_count} for one in found
    ]
    lines = [f"@{one.username}  {one.display_name}  {one.followers_count} followers" for one in found]
    show(facts, as_json=as_json, text="\n".join(lines))


@group.command(name="show")
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="Print facts as JSON.")
@node_options
def show_group(node: Node, name: str, as_json: bool) -> None:
    """Show a group and who belongs to it."""

    async def work(ctx: Context) -> dict[str, object]:
        found = await local_group(ctx, name)
        members = await accounts.members(ctx.db, found.id)
        people = await accounts.by_ids(ctx.db, [one.account_id for one in members])
        return {
            "name": found.username,
            "title": found.display_name,
            "uri": found.uri,
            "followers": found.followers_count,
            "following": found.following_count,
            "members": {people[one.account_id].username: one.role for one in members},
        }

    facts = run(node, work)
    show(facts, as_json=as_json, text="\n".join(f"{key}: {value}" for key, value in facts.items()))


@group.command()
@click.argument("name")
@click.argument("handle")
@node_options
def follow(node: Node, name: str, handle: str) -> None:
    """Make a group follow another, here or elsewhere."""

    async def work(ctx: Context) -> str:
        target = await _found(ctx, handle)
        await following.follow(ctx, await local_group(ctx, name), target)
        return target.uri

    click.echo(f"@{name} follows {run(node, work)}, as soon as its server agrees")


@group.command()
@click.argument("name")
@click.argument("handle")
@node_options
def unfollow(node: Node, name: str, handle: str) -> None:
    """Make a group unfollow another."""

    async def work(ctx: Context) -> None:
        await following.unfollow(ctx, await local_group(ctx, name), await _found(ctx, handle))

    run(node, work)
    click.echo(f"@{name} no longer follows {handle}")


@group.command()
@click.argument("name")
@click.option("--text-stdin", is_flag=True, required=True, help="Read the text from standard input.")
@node_options
def post(node: Node, name: str, text_stdin: bool) -> None:
    """Post as a group."""
    text = sys.stdin.read() if text_stdin else ""

    async def work(ctx: Context) -> str:
        return ctx.uris.page(await publish(ctx, await local_group(ctx, name), Draft(text=text)))

    click.echo(run(node, work))


@group.group()
def member() -> None:
    """Who belongs to a group."""


@member.command()
@click.argument("name")
@click.argument("person")
@node_options
def add(node: Node, name: str, person: str) -> None:
    """Add a person of this node to a group."""
    _set_role(node, name, person, "member")
    click.echo(f"@{person} belongs to @{name}")


@member.command()
@click.argument("name")
@click.argument("person")
@node_options
def remove(node: Node, name: str, person: str) -> None:
    """Remove somebody from a group."""

    async def work(ctx: Context) -> None:
        chosen, somebody = await local_group(ctx, name), await local_account(ctx, person)
        await _keep_an_owner(ctx, chosen, somebody)
        if not await ctx.db.write(lambda tx: accounts.drop_member(tx, chosen.id, somebody.id)):
            raise NotFound(f"{person} does not belong to {name}")

    run(node, work)
    click.echo(f"@{person} no longer belongs to @{name}")


@member.command()
@click.argument("name")
@click.argument("person")
@click.argument("new_role", type=click.Choice(ROLES))
@node_options
def role(node: Node, name: str, person: str, new_role: str) -> None:
    """Give a member of a group another role."""
    _set_role(node, name, person, new_role)
    click.echo(f"@{person} is {new_role} of @{name}")


def _set_role(node: Node, name: str, person: str, new_role: str) -> None:
    async def work(ctx: Context) -> None:
        chosen, somebody = await local_group(ctx, name), await local_account(ctx, person)
        if new_role != "owner":
            await _keep_an_owner(ctx, chosen, somebody)
        row = GroupMember(chosen.id, somebody.id, new_role, ctx.clock())
        await ctx.db.write(lambda tx: accounts.put_member(tx, row))

    run(node, work)


async def _keep_an_owner(ctx: Context, chosen: Account, somebody: Account) -> None:
    owners = [one.account_id for one in await accounts.members(ctx.db, chosen.id) if one.role == "owner"]
    if owners == [somebody.id]:
        raise Invalid(
            f"@{somebody.username} is the only owner of @{chosen.username}: make somebody else owner first"
        )


async def _found(ctx: Context, text: str) -> Account:
    handle = handles.parse(text)
    if handle is None:
        raise Invalid(f"{text!r} is no handle such as @garden@example.org")
    found = await lookup.account_by_handle(ctx, handle)
    if found is None:
        raise NotFound(
            f"{text} cannot be found; is its server up, and may this command reach it? A server on a private "
            f"network must be within FEDISERVER_ALLOWED_PRIVATE_NETWORKS, here as for serve"
        )
    return found
