"""Members do things at random, and a simple model says who must see what, and who may (`model.py`).

A failure prints everything that was done.
"""

import random
from typing import Any

import httpx
import pytest

from tests.conftest import OpenTown
from tests.web.api.model import GROUP, NAMES, PAIRS, WORDS, Model, Pair, Post

STEPS = 80
LOOKS = 8
"""Steps between two looks."""


class Play:
    """A town's members, what they do, and whether they see what the model says."""

    def __init__(
        self, clients: dict[str, httpx.AsyncClient], ids: dict[str, str], lists: dict[str, str], seed: int
    ) -> None:
        self.clients = clients
        self.ids = ids
        self.lists = lists
        self.random = random.Random(seed)
        self.model = Model()
        self.journal: list[str] = []

    async def step(self) -> None:
        """Somebody does something."""
        said = [self.post] * 5 + [self.reply, self.favourite, self.delete, self.edit]
        told = [self.boost, self.boost, self.boost, self.unboost]
        ties = [self.follow, self.follow, self.unfollow, self.join, self.block, self.mute]
        await self.random.choice(
            [*said, *told, *ties, self.list_or_unlist, self.list_or_unlist, self.filter]
        )()

    async def post(self, parent: Post | None = None) -> None:
        author = self.random.choice(NAMES)
        named = frozenset(name for name in (*NAMES, GROUP) if name != author and self.random.random() < 0.3)
        words = self.some_words()
        fields: dict[str, Any] = {
            "status": self.text("post", words, named),
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
        self.model.said(Post(answer.json()["id"], author, fields["visibility"], named, above, words))

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

    async def boost(self) -> None:
        who, post = self.random.choice(NAMES), self.some()
        if post is None:
            return
        answer = await self.ask(who, "POST", f"/api/v1/statuses/{post.id}/reblog")
        assert (answer.status_code == 200) == self.model.boostable(who, post), answer.text
        if answer.status_code == 200:
            self.model.boosted(who, post)

    async def unboost(self) -> None:
        posts = self.model.posts.values()
        made = [(who, post) for post in posts for who in sorted(post.boosts & {*NAMES} - {post.author})]
        if not made:
            return
        who, post = self.random.choice(made)
        answer = await self.ask(who, "POST", f"/api/v1/statuses/{post.id}/unreblog")
        if answer.status_code == 200:
            self.model.unboosted(who, post)
        else:
            assert not self.model.visible(who, post)

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
        words = self.some_words()
        text = self.text("edited", words, post.mentioned)
        answer = await self.ask(post.author, "PUT", f"/api/v1/statuses/{post.id}", json={"status": text})
        assert answer.status_code == 200
        post.words = words
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
        self.model.unfollowed(pair)

    async def join(self) -> None:
        """Follow the group, or no longer."""
        pair = (self.random.choice(NAMES), GROUP)
        verb = "unfollow" if pair in self.model.follows else "follow"
        assert (await self.towards(pair, verb)).status_code == 200
        if verb == "follow":
            self.model.follows.add(pair)
        else:
            self.model.unfollowed(pair)

    async def block(self) -> None:
        pair = self.random.choice(PAIRS)
        verb = "unblock" if pair in self.model.blocks else "block"
        assert (await self.towards(pair, verb)).status_code == 200
        self.model.blocks ^= {pair}
        if verb == "block":
            back = (pair[1], pair[0])
            self.model.unfollowed(pair)
            self.model.unfollowed(back)
            self.model.parted(*pair, notices=True)

    async def mute(self) -> None:
        pair = self.random.choice(PAIRS)
        verb = "unmute" if pair in self.model.mutes else "mute"
        assert (await self.towards(pair, verb)).status_code == 200
        self.model.mutes ^= {pair}
        if verb == "mute":
            self.model.parted(*pair, notices=True)

    async def list_or_unlist(self) -> None:
        """Put somebody into one's list, or take them out."""
        owner = self.random.choice(NAMES)
        other = self.random.choice([name for name in (*NAMES, GROUP) if name != owner])
        path = f"/api/v1/lists/{self.lists[owner]}/accounts"
        about = {"account_ids": [self.ids[other]]}
        if other in self.model.lists[owner]:
            assert (await self.ask(owner, "DELETE", path, other, json=about)).status_code == 200
            self.model.unlisted(owner, other)
            return
        answer = await self.ask(owner, "POST", path, other, json=about)
        assert (answer.status_code == 200) == ((owner, other) in self.model.follows), answer.text
        if answer.status_code == 200:
            self.model.lists[owner].add(other)

    async def filter(self) -> None:
        """Filter a word, or no longer."""
        who, word = self.random.choice(NAMES), self.random.choice(WORDS)
        mine = self.model.filters[who]
        if word in mine:
            answer = await self.ask(who, "DELETE", f"/api/v2/filters/{mine.pop(word)}", word)
            assert answer.status_code == 200
            return
        fields = {"title": word, "context": ["home"], "keywords_attributes": [{"keyword": word}]}
        answer = await self.ask(who, "POST", "/api/v2/filters", json=fields)
        assert answer.status_code == 200, answer.text
        mine[word] = answer.json()["id"]

    async def towards(self, pair: Pair, verb: str) -> httpx.Response:
        return await self.ask(pair[0], "POST", f"/api/v1/accounts/{self.ids[pair[1]]}/{verb}", about=pair[1])

    async def ask(self, who: str, method: str, path: str, about: str = "", **options: Any) -> httpx.Response:
        self.journal.append(f"{who}: {method} {path} {about} {options.get('json', '')}")
        return await self.clients[who].request(method, path, **options)

    def some(self) -> Post | None:
        return self.random.choice(list(self.model.posts.values())) if self.model.posts else None

    def some_words(self) -> frozenset[str]:
        return frozenset(word for word in WORDS if self.random.random() < 0.3)

    def text(self, verb: str, words: frozenset[str], named: frozenset[str]) -> str:
        """Never the same twice, so that every edit is one."""
        return " ".join(
            [verb, str(len(self.journal)), *sorted(words), *(f"@{name}" for name in sorted(named))]
        )

    async def compare(self) -> None:
        """Everybody looks at everything."""
        for viewer, client in self.clients.items():
            await self.home(viewer, client)
            await self.listed(viewer, client)
            await self.public(viewer, client)
            await self.each_post(viewer, client)
            await self.notices(viewer, client)
            await self.counts(viewer, client)

    async def home(self, viewer: str, client: httpx.AsyncClient) -> None:
        found, boosts = await shown(client, "/api/v1/timelines/home")
        model, posts = self.model, self.model.posts.values()
        allowed = {post.id for post in posts if model.at_home(viewer, post)}
        may_boost = {
            (who, post.id) for post in posts for who in post.boosts if model.boost_at_home(viewer, who, post)
        }
        due = {post.id for post in posts if viewer in post.due_at_home}
        assert due <= found <= allowed, (viewer, "home", due - found, found - allowed)
        assert boosts <= may_boost, (viewer, "boosts at home", boosts - may_boost)
        by_boost = {post.id for post in posts if viewer in post.due_by_boost}
        everything = found | {status_id for _, status_id in boosts}
        assert by_boost <= everything, (viewer, "boosted at home", by_boost - everything)

    async def listed(self, viewer: str, client: httpx.AsyncClient) -> None:
        path = f"/api/v1/lists/{self.lists[viewer]}/accounts?limit=0"
        members = {account["username"] for account in (await client.get(path)).json()}
        assert members == self.model.lists[viewer], (viewer, "list", members)
        found, boosts = await shown(client, f"/api/v1/timelines/list/{self.lists[viewer]}")
        model, posts = self.model, self.model.posts.values()
        allowed = {post.id for post in posts if post.author in members and model.at_home(viewer, post)}
        may_boost = {
            (who, post.id)
            for post in posts
            for who in post.boosts & members
            if model.boost_at_home(viewer, who, post)
        }
        due = {post.id for post in posts if viewer in post.due_in_list}
        assert due <= found <= allowed, (viewer, "in the list", due - found, found - allowed)
        assert boosts <= may_boost, (viewer, "boosts in the list", boosts - may_boost)

    async def public(self, viewer: str, client: httpx.AsyncClient) -> None:
        found, boosts = await shown(client, "/api/v1/timelines/public")
        expected = {
            post.id
            for post in self.model.posts.values()
            if post.visibility == "public" and not self.model.hidden(viewer, post.author)
        }
        top = {post.id for post in self.model.posts.values() if post.parent is None}
        assert found & top == expected & top, (viewer, "public", found ^ expected)
        assert found <= expected, (viewer, "public", found - expected)
        assert boosts == set(), (viewer, "boosts are not public")

    async def each_post(self, viewer: str, client: httpx.AsyncClient) -> None:
        for post in self.model.posts.values():
            answer = await client.get(f"/api/v1/statuses/{post.id}")
            assert (answer.status_code == 200) == self.model.visible(viewer, post), (viewer, post)
            if answer.status_code != 200:
                continue
            entity = answer.json()
            assert entity["favourites_count"] == len(post.favourites), (viewer, post)
            assert entity["favourited"] == (viewer in post.favourites), (viewer, post)
            assert entity["reblogs_count"] == len(post.boosts), (viewer, post)
            assert entity["reblogged"] == (viewer in post.boosts), (viewer, post)
            assert bool(entity["filtered"]) == self.model.filtered(viewer, post), (viewer, post)
            await self.context(viewer, client, post)

    async def context(self, viewer: str, client: httpx.AsyncClient, post: Post) -> None:
        context = (await client.get(f"/api/v1/statuses/{post.id}/context")).json()
        below = {each["id"] for each in context["descendants"]}
        replies = [each for each in self.model.posts.values() if each.parent == post.id]
        allowed = {each.id for each in replies if self.model.visible(viewer, each)}
        due = {
            each.id for each in replies if each.id in allowed and not self.model.hidden(viewer, each.author)
        }
        assert due <= below <= allowed, (viewer, "context", post, due - below, below - allowed)

    async def notices(self, viewer: str, client: httpx.AsyncClient) -> None:
        posts = self.model.posts.values()
        mentions = (await client.get("/api/v1/notifications?types[]=mention&limit=80")).json()
        told = {each["status"]["id"] for each in mentions}
        due = {post.id for post in posts if viewer in post.due_notice}
        allowed = {
            post.id
            for post in posts
            if viewer in post.may_notice and not self.model.shut_out(viewer, post.author)
        }
        assert due <= told <= allowed, (viewer, "mentions", due - told, told - allowed)
        boosts = (await client.get("/api/v1/notifications?types[]=reblog&limit=80")).json()
        by_whom = {(each["account"]["username"], each["status"]["id"]) for each in boosts}
        own = [post for post in posts if post.author == viewer]
        must = {(who, post.id) for post in own for who in post.due_told}
        may = {
            (who, post.id) for post in own for who in post.may_told if not self.model.shut_out(viewer, who)
        }
        assert must <= by_whom <= may, (viewer, "boosts", must - by_whom, by_whom - may)

    async def counts(self, viewer: str, client: httpx.AsyncClient) -> None:
        for name, account_id in self.ids.items():
            entity = (await client.get(f"/api/v1/accounts/{account_id}")).json()
            following = sum(pair[0] == name for pair in self.model.follows)
            followers = sum(pair[1] == name for pair in self.model.follows)
            found = (entity["following_count"], entity["followers_count"])
            assert found == (following, followers), (viewer, name, found)


async def shown(client: httpx.AsyncClient, path: str) -> tuple[set[str], set[Pair]]:
    """All of a timeline: posts by id, and boosts by who boosted which post; nothing stands there twice."""
    found: set[str] = set()
    boosts: set[Pair] = set()
    rows = 0
    query = "limit=40"
    while page := (await client.get(f"{path}?{query}")).json():
        rows += len(page)
        found |= {each["id"] for each in page if each["reblog"] is None}
        boosts |= {
            (each["account"]["username"], each["reblog"]["id"]) for each in page if each["reblog"] is not None
        }
        query = f"limit=40&max_id={page[-1]['id']}"
    assert rows == len(found) + len(boosts), path
    return found, boosts


@pytest.mark.parametrize("seed", range(4))
async def test_everybody_sees_what_they_must_and_nothing_that_they_may_not(
    open_town: OpenTown, seed: int
) -> None:
    town = await open_town("oak.example", rate_limits="off")
    accounts = {name: await town.account(name) for name in NAMES}
    clients = {name: await town.client(account) for name, account in accounts.items()}
    accounts[GROUP] = await town.group(GROUP, owner=accounts["alice"])
    lists = {
        name: (await client.post("/api/v1/lists", json={"title": "near"})).json()["id"]
        for name, client in clients.items()
    }
    play = Play(clients, {name: str(account.id) for name, account in accounts.items()}, lists, seed)
    try:
        for number in range(STEPS):
            town.clock.advance(3000)
            await play.step()
            if number % LOOKS == LOOKS - 1:
                await play.compare()
    except AssertionError as error:
        error.add_note("\n".join(play.journal))
        raise
