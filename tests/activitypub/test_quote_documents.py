"""What documents say of quotes: authorizations, and who may quote a post."""

from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fediserver.activitypub import authority, document, quotes
from fediserver.activitypub.document import Activity, StampDocument
from fediserver.activitypub.fetch import Budget
from fediserver.activitypub.vocabulary import PUBLIC
from fediserver.errors import Ignored, Refused
from fediserver.models.visibility import QuotePolicy, QuoteRules, Visibility

ALICE = "https://a.example/users/alice"
BOB = "https://b.example/users/bob"
EVE = "https://b.example/users/eve"
FAR = "https://evil.example/users/mallory"
QUOTING, QUOTED = f"{ALICE}/statuses/1", f"{BOB}/statuses/2"
STAMP = {
    "id": f"{BOB}/stamps/1",
    "type": "QuoteAuthorization",
    "attributedTo": BOB,
    "interactingObject": QUOTING,
    "interactionTarget": QUOTED,
}

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20) | st.sampled_from([BOB, ALICE, PUBLIC]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["id", "type", "x"]), inner),
    max_leaves=8,
)


def stamp(**changes: Any) -> StampDocument:
    return document.read_stamp(STAMP | changes)


def refused(rule: str, call: Any) -> None:
    with pytest.raises(Refused) as problem:
        call()
    assert problem.value.rule == rule


@given(st.fixed_dictionaries({}, optional=dict.fromkeys(("id", *STAMP), VALUES)))
def test_an_authorization_survives_every_shape(doc: dict[str, Any]) -> None:
    found = document.read_stamp(doc | {"type": ["x", "QuoteAuthorization"]})
    assert all(isinstance(one, str) for one in (found.id, found.attributed_to, found.quoting, found.quoted))


@given(VALUES, VALUES)
def test_a_policy_survives_every_shape(whole: Any, rule: Any) -> None:
    base = {"id": f"{BOB}/n/1", "type": "Note", "attributedTo": BOB, "to": PUBLIC}
    for policy in (
        whole,
        {"canQuote": whole},
        {"canQuote": {"automaticApproval": whole, "manualApproval": rule}},
    ):
        note = document.read_note(base | {"interactionPolicy": policy})
        assert all(one.startswith("https://") for one in (*note.may_quote, *note.may_ask_to_quote))


def test_an_authorization_holds_for_what_it_names_only() -> None:
    def holds(found: StampDocument, uri: str = STAMP["id"]) -> None:
        authority.stamp_holds(found, uri=uri, author=BOB, quoting=QUOTING, quoted=QUOTED)

    holds(stamp())
    holds(stamp(interactionTarget={"id": QUOTED}))
    for changes in (
        {"attributedTo": EVE},
        {"attributedTo": [EVE, BOB]},
        {"attributedTo": None},
        {"interactingObject": QUOTED},
        {"interactingObject": None},
        {"interactionTarget": QUOTING},
        {"interactionTarget": None},
        {"id": f"{BOB}/stamps/2"},
    ):
        refused("stamp", lambda changes=changes: holds(stamp(**changes)))
    refused("stamp-origin", lambda: holds(stamp(id=f"{FAR}/stamps/1"), f"{FAR}/stamps/1"))
    refused("stamp-origin", lambda: holds(stamp(id=None), ""))
    with pytest.raises(Ignored):
        stamp(type="Note")


@pytest.mark.parametrize("uri", ["", f"{FAR}/1", "http://b.example/1", "https://b.example@evil.example/1"])
def test_an_authorization_of_another_origin_is_not_asked_for(uri: str) -> None:
    authority.stamp_is_authors(STAMP["id"], BOB)
    refused("stamp-origin", lambda: authority.stamp_is_authors(uri, BOB))


def test_only_the_quoted_author_answers() -> None:
    def answer(**changes: Any) -> None:
        doc = {
            "id": "https://b.example/act/1",
            "type": "Accept",
            "actor": BOB,
            "object": f"{ALICE}/requests/1",
        }
        read: Activity = document.read_activity(doc | changes)
        authority.quote_answer_matches(read, quoting=QUOTING, asker=ALICE, quoted=QUOTED, author=BOB)

    request = {"type": "QuoteRequest", "actor": ALICE, "object": QUOTED, "instrument": QUOTING}
    answer()
    answer(object=request)
    answer(object=request | {"instrument": {"id": QUOTING, "type": "Note"}})
    refused("quote-answer", lambda: answer(actor=EVE))
    refused("quote-answer", lambda: answer(actor=FAR, id="https://evil.example/act/1"))
    for part in ("actor", "object", "instrument"):
        refused("quote-answer", lambda part=part: answer(object=request | {part: f"{EVE}/other"}))


def test_what_rules_mean() -> None:
    """What is automatic goes before what is manual, and that before what nobody can tell."""
    for automatic, manual, follows, followed in product(range(16), range(16), (False, True), (False, True)):
        groups = 2 | (1 if follows else 0) | (4 if followed else 0)
        expected = "automatic" if automatic & groups else "manual" if manual & groups else "denied"
        if expected == "denied" and (automatic | manual) & 8:
            expected = "unknown"
        rules = QuoteRules(QuotePolicy(automatic), QuotePolicy(manual), Visibility.PUBLIC)
        assert rules.standing(own=False, follows=follows, followed=followed) == expected
        assert rules.standing(own=True, follows=follows, followed=followed) == "automatic"
        private = rules._replace(visibility=Visibility.PRIVATE)
        assert private.standing(own=False, follows=follows, followed=followed) == "denied"
        direct = rules._replace(visibility=Visibility.DIRECT)
        assert direct.standing(own=True, follows=follows, followed=followed) == "denied"


def test_fetches_are_set_aside_from_what_is_left() -> None:
    budget = Budget(10)
    assert [budget.share(quotes.FETCHES) for _ in range(3)] == [8, 2, 0]
    assert budget.left == 0
