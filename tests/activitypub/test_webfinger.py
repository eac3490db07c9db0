import json
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fediserver.activitypub import nodeinfo, webfinger
from fediserver.activitypub.vocabulary import SERVICE_REL
from fediserver.errors import BadRequest, Refused
from fediserver.models.uris import Local, Uris
from fediserver.text.handles import Handle
from tests.activitypub.rows import ALICE, URIS

SPLIT = Uris("https://ap.garden.example", "garden.example")
LAB = Uris("http://localhost:8001", "localhost:8001")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("acct:alice@garden.example", "alice"),
        ("acct:Alice@GARDEN.example", "alice"),
        ("ACCT:@alice@garden.example", "alice"),
        ("@alice@garden.example", "alice"),
        ("alice@garden.example", "alice"),
        ("alice", "alice"),
        ("https://garden.example/users/alice", "alice"),
        ("https://garden.example/users/Alice/", "alice"),
        ("https://garden.example/@alice", "alice"),
    ],
)
def test_people_are_found_by_every_form_of_their_name(text: str, name: str) -> None:
    assert webfinger.resource(text, URIS) == Local("actor", name)


@pytest.mark.parametrize(
    "text",
    [
        "https://garden.example",
        "https://garden.example/",
        "https://garden.example/actor",
        "acct:garden.example@garden.example",
    ],
)
def test_the_node_itself_is_found(text: str) -> None:
    assert webfinger.resource(text, URIS) == Local("instance", "")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "acct:",
        "acct:alice@other.example",
        "acct:alice@garden.example.evil.example",
        "https://other.example/users/alice",
        "https://garden.example/users/alice/followers",
        "https://garden.example/users/alice/statuses/5",
        "https://garden.example\\@evil.example/users/alice",
        "https://[",
        "mailto:alice@garden.example",
        "x" * 5000,
    ],
)
def test_others_and_nonsense_are_not_found(text: str) -> None:
    assert webfinger.resource(text, URIS) is None


def test_handles_may_have_another_domain_than_the_server_and_a_port() -> None:
    for text in ("acct:alice@garden.example", "acct:alice@ap.garden.example"):
        assert webfinger.resource(text, SPLIT) == Local("actor", "alice")
    assert webfinger.resource("acct:alice@localhost:8001", LAB) == Local("actor", "alice")
    assert webfinger.resource("acct:alice@localhost:8002", LAB) is None
    assert webfinger.resource("acct:localhost.8001@localhost:8001", LAB) == Local("instance", "")


@settings(deadline=None)
@given(st.text(max_size=60))
def test_any_text_is_a_resource_or_none(text: str) -> None:
    found = webfinger.resource(text, URIS)
    assert found is None or found.kind in ("actor", "instance")


def test_what_we_answer_is_what_we_read() -> None:
    found = webfinger.read(json.dumps(webfinger.account(ALICE, URIS)).encode())
    assert found == (Handle("alice", "garden.example"), ALICE.uri, "")
    node = webfinger.instance(URIS)
    assert webfinger.read(json.dumps(node).encode()).actor == "https://garden.example/actor"
    assert SERVICE_REL in [link["rel"] for link in node["links"]]


@pytest.mark.parametrize(
    "links",
    [
        None,
        [],
        [{"rel": "self", "type": "text/html", "href": "https://a.example/1"}],
        [{"rel": "self", "type": "application/ld+json", "href": "https://a.example/1"}],
        [{"rel": "self", "type": "application/activity+json", "href": "javascript:1"}],
        [{"rel": ["self"], "type": 5, "href": {}}],
        "self",
    ],
)
def test_an_answer_without_actor_is_refused(links: object) -> None:
    with pytest.raises(Refused) as refused:
        webfinger.read(json.dumps({"subject": "acct:a@a.example", "links": links}).encode())
    assert refused.value.rule == "webfinger-self"


def test_answers_are_bounded_and_forgiven_their_subject() -> None:
    with pytest.raises(BadRequest):
        webfinger.read(b'{"subject":"' + b"x" * 70_000 + b'"}')
    links = [
        {
            "rel": "self",
            "type": 'application/ld+json; profile="https://www.w3.org/ns/activitystreams"',
            "href": "https://a.example/1",
        }
    ]
    for subject in ("acct:nobody", None, 5, "https://a.example/1"):
        assert webfinger.read(json.dumps({"subject": subject, "links": links}).encode()).subject is None


FACTS = nodeinfo.Facts(
    version="0.1.0",
    title="Garden",
    description="We grow beans.",
    open_registrations=True,
    users=3,
    active_month=2,
    active_half_year=3,
    posts=10,
    comments=4,
)


@pytest.mark.parametrize("version", nodeinfo.VERSIONS)
def test_nodeinfo_says_what_the_schema_asks_for(version: nodeinfo.Version) -> None:
    doc = nodeinfo.document(version, FACTS)
    assert doc["version"] == version
    assert doc["software"]["name"] == "fediserver"
    assert doc["protocols"] == ["activitypub"]
    assert doc["services"] == {"inbound": [], "outbound": []}
    assert doc["openRegistrations"] is True
    assert doc["usage"]["users"] == {"total": 3, "activeMonth": 2, "activeHalfyear": 3}
    assert doc["metadata"]["upstream"]["name"] == "mastodon"
    assert f"/ns/schema/{version}#" in nodeinfo.content_type(version)


def test_the_index_leads_to_both_versions_and_the_instance_actor() -> None:
    links = nodeinfo.well_known(URIS)["links"]
    assert [link["href"] for link in links] == [
        "https://garden.example/nodeinfo/2.0",
        "https://garden.example/nodeinfo/2.1",
        "https://garden.example/actor",
    ]


def test_host_meta_leads_to_webfinger() -> None:
    root = ET.fromstring(nodeinfo.host_meta(URIS).encode())
    assert root[0].attrib["template"] == "https://garden.example/.well-known/webfinger?resource={uri}"
