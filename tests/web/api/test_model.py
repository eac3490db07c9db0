"""Members do things at random, and a simple model says who must see what, and who may.

What somebody must see is in both: home keeps, for instance, no promise about posts from before a follow.
A failure prints everything that was done.
"""

import itertools
import random
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from tests.conftest import OpenTown

NAMES = ("alice", "bob", "carol")
PAIRS = list(itertools.permutations(NAMES, 2))
STEPS = 60
Pair = tuple[str, str]


@dataclass
class Post:
    """A post as the model knows it."""

    id: str
    author: str
    visibility: str
    mentioned: frozenset[str]
    parent: str | None
    favourites: set[str] = field(default_factory=set)
    due_at_home: set[str] = field(default_factory=set)
    due_notice: set[str] = field(default_factory=set)
    may_notice: set[str] = field(default_factory=set)


class Model:
    """Who follows, blocks and mutes whom (the first of a pair does), and what was said."""

    def __init__(self) -> None:
        self.follows: set[Pair] = set()
        self.blocks: set[Pair] = set()
        self.mutes: set[Pair] = set()
        self.posts: dict[str, Post] = {}

    def apart(self, one: str, other: str) -> bool:
        """Whether either blocks the other."""
        return (one, other) in self.blocks or (other, one) in self.blocks

    def hidden(self, viewer: str, author: str) -> bool:
        """Whether a viewer's timelines leave somebody out."""
        return self.apart(viewer, author) or (viewer, author) in self.mutes

    def visible(self, viewer: str, post: Post) -> bool:
        """Whether the post can be opened by its id."""
        if viewer == post.author:
            return True
        if (post.author, viewer) in self.blocks:
            return False
        if post.visibility in ("public", "unlisted") or viewer in post.mentioned:
            return True
        return post.visibility == "private" and (viewer, post.author) in self.follows

    def said(self, post: Post) -> None:
        """Somebody posted."""
        self.posts[post.id] = post
        for viewer in NAMES:
            if post.parent is None and post.visibility != "direct" and self.at_home(viewer, post):
                post.due_at_home.add(viewer)
            if viewer in post.mentioned and not self.hidden(viewer, post.author):
                post.due_notice.add(viewer)
        self.mentions(post)

    def mentions(self, post: Post) -> None:
        """A post that was written or edited may tell those it names, if nobody blocks the other."""
        post.may_notice |= {viewer for viewer in post.mentioned if not self.apart(viewer, post.author)}

    def parted(self, viewer: str, author: str, *, notices: bool) -> None:
        """What was due to the viewer from somebody no longer is."""
        for post in self.posts.values():
            if post.author == author:
                post.due_at_home.discard(viewer)
                if notices:
                    post.due_notice.discard(viewer)

    def at_home(self, viewer: str, post: Post) -> bool:
        """Whether home may have a post."""
        near = viewer == post.author or (viewer, post.author) in self.follows
        return near and self.visible(viewer, post) and not self.hidden(viewer, post.author)


class Play:
    """A town's members, what they do, and whether they see what the model says."""

    def __init__(self, clients: dict[str, httpx.AsyncClient], ids: dict[str, str], seed: int) -> None:
        self.clients = clients
        self.ids = ids
        self.random = random.Random(seed)
        self.model = Model()
        self.journal: list[str] = []

    async def step(self) -> None:
        """Somebody does something."""
        actions = [self.post] * 4 + [self.reply, self.favourite, self.delete, self.edit]
        await self.random.choice([*actions, self.follow, self.follow, self.unfollow, self.block, self.mute])()

    async def post(self, parent: Post | None = None) -> None:
        author = self.random.choice(NAMES)
        named = frozenset(name for name in NAMES if name != author and self.random.random() < 0.3)
        fields: dict[str, Any] = {
            "status": " ".join(["post", str(len(self.journal)), *(f"@{name}" for name in sorted(named))]),
            "visibility": self.random.choice(["public", "public", "unlisted", "private", "direct"]),
        }
        if parent is not None:
            fields["in_reply_to_id"] = parent.id
        answer = await self.ask(author, "POST", "/api/v1/statuses", json=fields)
        if parent is not None and not self.model.visible(author, parent):
            assert answer.status_code in (404, 422)
            return
        assert answer.status_code == 200, answer.text
        above = parent.id if parent else None
        self.model.said(Post(answer.json()["id"], author, fields["visibility"], named, above))

    async def reply(self) -> None:
        roots = [post for post in self.model.posts.values() if post.parent is None]
        if roots:
            await self.post(self.random.choice(roots))

    async def favourite(self) -> None:
        who, post = self.random.choice(NAMES), self.some()
        if post is None:
            return
        answer = await self.ask(who, "POST", f"/api/v1/statuses/{post.id}/favourite")
        assert (answer.status_code == 200) == self.model.visible(who, post)
        if answer.status_code == 200:
            post.favourites.add(who)

    async def delete(self) -> None:
        post = self.some()
        if post is None or self.random.random() < 0.5:
            return
        answer = await self.ask(post.author, "DELETE", f"/api/v1/statuses/{post.id}")
        assert answer.status_code == 200
        del self.model.posts[post.id]
        for each in self.model.posts.values():
            each.parent = "" if each.parent == post.id else each.parent

    async def edit(self) -> None:
        post = self.some()
        if post is None:
            return
        text = " ".join(["edited", str(len(self.journal)), *(f"@{name}" for name in sorted(post.mentioned))])
        answer = await self.ask(post.author, "PUT", f"/api/v1/statuses/{post.id}", json={"status": text})
        assert answer.status_code == 200
        self.model.mentions(post)

    async def follow(self) -> None:
        pair = self.random.choice(PAIRS)
        answer = await self.towards(pair, "follow")
        assert (answer.status_code == 200) == (not self.model.apart(*pair)), answer.text
        if answer.status_code == 200:
            self.model.follows.add(pair)

    async def unfollow(self) -> None:
        pair = self.random.choice(PAIRS)
        assert (await self.towards(pair, "unfollow")).status_code == 200
        self.model.follows.discard(pair)
        self.model.parted(*pair, notices=False)

    async def block(self) -> None:
        pair = self.random.choice(PAIRS)
        verb = "unblock" if pair in self.model.blocks else "block"
        assert (await self.towards(pair, verb)).status_code == 200
        self.model.blocks ^= {pair}
        if verb == "block":
            back = (pair[1], pair[0])
            self.model.follows -= {pair, back}
            self.model.parted(*pair, notices=True)
            self.model.parted(*back, notices=False)

    async def mute(self) -> None:
        pair = self.random.choice(PAIRS)
        verb = "unmute" if pair in self.model.mutes else "mute"
        assert (await self.towards(pair, verb)).status_code == 200
        self.model.mutes ^= {pair}
        if verb == "mute":
            self.model.parted(*pair, notices=True)

    async def towards(self, pair: Pair, verb: str) -> httpx.Response:
        return await self.ask(pair[0], "POST", f"/api/v1/accounts/{self.ids[pair[1]]}/{verb}", about=pair[1])

    async def ask(self, who: str, method: str, path: str, about: str = "", **options: Any) -> httpx.Response:
        self.journal.append(f"{who}: {method} {path} {about} {options.get('json', '')}")
        return await self.clients[who].request(method, path, **options)

    def some(self) -> Post | None:
        return self.random.choice(list(self.model.posts.values())) if self.model.posts else None

    async def compare(self) -> None:
        """Everybody looks at everything."""
        for viewer, client in self.clients.items():
            await self.homes_and_public(viewer, client)
            await self.each_post(viewer, client)
            notices = (await client.get("/api/v1/notifications?types[]=mention&limit=80")).json()
            told = {each["status"]["id"] for each in notices}
            posts = self.model.posts.values()
            due = {post.id for post in posts if viewer in post.due_notice}
            allowed = {
                post.id
                for post in posts
                if viewer in post.may_notice
                and not {(viewer, post.author)} & (self.model.blocks | self.model.mutes)
            }
            assert due <= told <= allowed, (viewer, "mentions", due - told, told - allowed)

    async def homes_and_public(self, viewer: str, client: httpx.AsyncClient) -> None:
        posts = self.model.posts.values()
        home = {each["id"] for each in (await client.get("/api/v1/timelines/home?limit=40")).json()}
        due = {post.id for post in posts if viewer in post.due_at_home}
        allowed = {post.id for post in posts if self.model.at_home(viewer, post)}
        assert due <= home <= allowed, (viewer, "home", due - home, home - allowed)
        public = {each["id"] for each in (await client.get("/api/v1/timelines/public?limit=40")).json()}
        expected = {
            post.id
            for post in posts
            if post.visibility == "public" and not self.model.hidden(viewer, post.author)
        }
        top = {post.id for post in posts if post.parent is None}
        assert public & top == expected & top, (viewer, "public", public ^ expected)
        assert public <= expected, (viewer, "public", public - expected)

    async def each_post(self, viewer: str, client: httpx.AsyncClient) -> None:
        for post in self.model.posts.values():
            answer = await client.get(f"/api/v1/statuses/{post.id}")
            assert (answer.status_code == 200) == self.model.visible(viewer, post), (viewer, post)
            if answer.status_code != 200:
                continue
            assert answer.json()["favourites_count"] == len(post.favourites), (viewer, post)
            assert answer.json()["favourited"] == (viewer in post.favourites), (viewer, post)
            context = (await client.get(f"/api/v1/statuses/{post.id}/context")).json()
            below = {each["id"] for each in context["descendants"]}
            replies = [each for each in self.model.posts.values() if each.parent == post.id]
            allowed = {each.id for each in replies if self.model.visible(viewer, each)}
            due = {
                each.id
                for each in replies
                if each.id in allowed and not self.model.hidden(viewer, each.author)
            }
            assert due <= below <= allowed, (viewer, "context", post, due - below, below - allowed)


@pytest.mark.parametrize("seed", range(4))
async def test_everybody_sees_what_they_must_and_nothing_that_they_may_not(
    open_town: OpenTown, seed: int
) -> None:
    town = await open_town("oak.example", rate_limits="off")
    accounts = {name: await town.account(name) for name in NAMES}
    clients = {name: await town.client(account) for name, account in accounts.items()}
    play = Play(clients, {name: str(account.id) for name, account in accounts.items()}, seed)
    try:
        for number in range(STEPS):
            town.clock.advance(3000)
            await play.step()
            if number % 6 == 5:
                await play.compare()
    except AssertionError as error:
        error.add_note("\n".join(play.journal))
        raise
