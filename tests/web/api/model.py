"""A simple model of who must see what, and who may.

What somebody must see is in both: home keeps, for instance, no promise about posts from before a follow.
"""

import itertools
from dataclasses import dataclass, field

NAMES = ("alice", "bob", "carol")
GROUP = "orchard"
"""A group that alice runs; it boosts what those write to it who belong to it."""
PAIRS = list(itertools.permutations(NAMES, 2))
WORDS = ("leek", "pea", "bean")
OPEN = ("public", "unlisted")
Pair = tuple[str, str]


@dataclass
class Post:
    """A post as the model knows it; sets of names, `due` for what must be there and `may` for what may."""

    id: str
    author: str
    visibility: str
    mentioned: frozenset[str]
    parent: str | None
    words: frozenset[str]
    favourites: set[str] = field(default_factory=set)
    boosts: set[str] = field(default_factory=set)
    due_at_home: set[str] = field(default_factory=set)
    due_by_boost: set[str] = field(default_factory=set)
    due_in_list: set[str] = field(default_factory=set)
    due_notice: set[str] = field(default_factory=set)
    may_notice: set[str] = field(default_factory=set)
    due_told: set[str] = field(default_factory=set)
    may_told: set[str] = field(default_factory=set)


class Model:
    """Who follows, blocks and mutes whom (the first of a pair does), lists and filters whom and what; what was said."""

    def __init__(self) -> None:
        # Who makes a group follows it.
        self.follows: set[Pair] = {("alice", GROUP)}
        self.blocks: set[Pair] = set()
        self.mutes: set[Pair] = set()
        self.lists: dict[str, set[str]] = {name: set() for name in NAMES}
        self.filters: dict[str, dict[str, str]] = {name: {} for name in NAMES}
        self.posts: dict[str, Post] = {}

    def apart(self, one: str, other: str) -> bool:
        """Whether either blocks the other."""
        return (one, other) in self.blocks or (other, one) in self.blocks

    def hidden(self, viewer: str, author: str) -> bool:
        """Whether a viewer's timelines leave somebody out."""
        return self.apart(viewer, author) or (viewer, author) in self.mutes

    def shut_out(self, viewer: str, other: str) -> bool:
        """Whether a viewer does not want to hear from somebody."""
        return (viewer, other) in self.blocks | self.mutes

    def visible(self, viewer: str, post: Post) -> bool:
        """Whether the post can be opened by its id."""
        if viewer == post.author:
            return True
        if (post.author, viewer) in self.blocks:
            return False
        if post.visibility in OPEN or viewer in post.mentioned:
            return True
        return post.visibility == "private" and (viewer, post.author) in self.follows

    def boostable(self, who: str, post: Post) -> bool:
        """Whether somebody may boost a post."""
        own = post.visibility == "private" and who == post.author
        return self.visible(who, post) and (post.visibility in OPEN or own)

    def filtered(self, viewer: str, post: Post) -> bool:
        """Whether a viewer's filters match a post; what to do about one's own is the app's affair."""
        return not post.words.isdisjoint(self.filters[viewer])

    def said(self, post: Post) -> None:
        """Somebody posted."""
        self.posts[post.id] = post
        for viewer in NAMES:
            top = post.parent is None and post.visibility != "direct"
            if top and self.at_home(viewer, post):
                post.due_at_home.add(viewer)
                if post.author in self.lists[viewer]:
                    post.due_in_list.add(viewer)
            if viewer in post.mentioned and not self.hidden(viewer, post.author):
                post.due_notice.add(viewer)
        self.mentions(post)
        if (
            GROUP in post.mentioned
            and post.parent is None
            and post.visibility == "public"
            and self.belongs(post)
        ):
            self.boosted(GROUP, post)

    def belongs(self, post: Post) -> bool:
        """Whether the group speaks for an author."""
        return post.author == "alice" or (post.author, GROUP) in self.follows

    def mentions(self, post: Post) -> None:
        """A post that was written or edited may tell those it names, if nobody blocks the other."""
        post.may_notice |= {viewer for viewer in post.mentioned if not self.apart(viewer, post.author)}

    def boosted(self, who: str, post: Post) -> None:
        """Somebody boosted a post, or the group did; a second time is nothing."""
        if who in post.boosts:
            return
        post.boosts.add(who)
        for viewer in NAMES:
            if viewer not in (who, post.author) and self.boost_at_home(viewer, who, post):
                post.due_by_boost.add(viewer)
        if who != post.author and not self.apart(post.author, who):
            post.may_told.add(who)
            if not self.hidden(post.author, who):
                post.due_told.add(who)

    def unboosted(self, who: str, post: Post) -> None:
        """A boost was taken back. Somebody else's was perhaps not shown for its sake, so nothing is due any more."""
        for told in (post.boosts, post.may_told, post.due_told):
            told.discard(who)
        post.due_by_boost.clear()

    def parted(self, viewer: str, other: str, *, notices: bool) -> None:
        """What was due to the viewer from somebody no longer is."""
        for post in self.posts.values():
            if other in {post.author, *post.boosts}:
                post.due_by_boost.discard(viewer)
            if post.author == other:
                post.due_at_home.discard(viewer)
                post.due_in_list.discard(viewer)
                if notices:
                    post.due_notice.discard(viewer)
            elif post.author == viewer and notices:
                post.due_told.discard(other)

    def unfollowed(self, pair: Pair) -> None:
        """A follow ended, and a place in a list with it."""
        self.follows.discard(pair)
        self.lists[pair[0]].discard(pair[1])
        self.parted(*pair, notices=False)

    def unlisted(self, owner: str, other: str) -> None:
        """Somebody was taken out of a list."""
        self.lists[owner].discard(other)
        for post in self.posts.values():
            if post.author == other:
                post.due_in_list.discard(owner)

    def at_home(self, viewer: str, post: Post) -> bool:
        """Whether home may have a post."""
        near = viewer == post.author or (viewer, post.author) in self.follows
        return near and self.visible(viewer, post) and not self.hidden(viewer, post.author)

    def boost_at_home(self, viewer: str, booster: str, post: Post) -> bool:
        """Whether home may have a post as somebody's boost."""
        near = viewer == booster or (viewer, booster) in self.follows
        hidden = self.hidden(viewer, booster) or self.hidden(viewer, post.author)
        return near and booster in post.boosts and self.visible(viewer, post) and not hidden
