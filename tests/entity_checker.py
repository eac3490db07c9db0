"""Checks any JSON of the client API against the Mastodon entities that are written down beside the checkout."""

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from fediserver.views.entities import instance

SHARED = Path(__file__).parents[2] / "shared" / "spec" / "mastodon-entities.json"

_ANNOUNCED = tuple(int(part) for part in instance.VERSION.split(".")[:2])
_DATETIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_RELEASE = re.compile(r"(\d+)\.(\d+)")

Field = dict[str, Any]


@cache
def entities() -> dict[str, dict[str, Field]]:
    """Fields by name for each entity; empty when the description is not there."""
    if not SHARED.exists():
        return {}
    found = {entry["entity"]: entry for entry in json.loads(SHARED.read_text(encoding="utf-8"))}
    return {name: _fields(found, entry) for name, entry in found.items()}


def _fields(found: dict[str, Any], entry: dict[str, Any]) -> dict[str, Field]:
    fields = {field["name"]: field for field in entry["fields"]}
    return fields if not entry["extends"] else _fields(found, found[entry["extends"]]) | fields


def check(entity: str, value: Any) -> None:
    """Fail with every fault of a value that claims to be the entity, `array<Entity>` or `{name: Entity}`."""
    faults = list(_value(entity, value, entity)) if entities() else []
    assert not faults, "\n".join(faults)


def _value(kind: str, value: Any, place: str) -> Iterator[str]:
    if kind.startswith("array<"):
        if not isinstance(value, list):
            yield f"{place} is {value!r}, not a list"
            return
        for number, item in enumerate(value):
            yield from _value(kind[6:-1], item, f"{place}[{number}]")
    elif kind.startswith("{"):
        # An entity below a name of its own.
        name, _, below = kind[1:-1].partition(": ")
        yield from _value(below, value[name], f"{place}.{name}")
    elif kind in entities():
        # A quote within a quoted post is only named.
        is_within = kind == "Quote" and place.endswith(".quoted_status.quote")
        yield from _entity("ShallowQuote" if is_within else kind, value, place)
    elif not _is(kind, value):
        yield f"{place} is {value!r}, not {kind}"


def _entity(kind: str, value: Any, place: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{place} is {value!r}, not a {kind}"
        return
    for path, field in entities()[kind].items():
        if "[]" in path:
            continue
        yield from _field(path, field, value, place)


def _field(path: str, field: Field, value: dict[str, Any], place: str) -> Iterator[str]:
    *parents, name = path.split(".")
    below: Any = value
    for parent in parents:
        below = below.get(parent) if isinstance(below, dict) else None
    if not isinstance(below, dict):
        # The parent is judged where it stands in the list itself.
        return
    where = f"{place}.{path}"
    if name not in below:
        if _is_due(field):
            yield f"{where} is missing"
    elif below[name] is None:
        if not field["nullable"]:
            yield f"{where} is null"
    elif field["type"] == "url" and below[name] == "" and field["deprecated"]:
        # The author of a card by the old names: '' where there is none.
        return
    elif "enum" in field and isinstance(below[name], str) and below[name] not in field["enum"]:
        yield f"{where} is {below[name]!r}, not one of {field['enum']}"
    else:
        yield from _value(_kind(field["type"], below[name]), below[name], where)


def _kind(declared: str, value: Any) -> str:
    """What a value is to be; a quote within what is quoted only names the post."""
    is_shallow = declared == "Quote" and isinstance(value, dict) and "quoted_status_id" in value
    return "ShallowQuote" if is_shallow else declared


def _is_due(field: Field) -> bool:
    """Whether the version of Mastodon that is announced always has the field; `moved` only says so."""
    release = _RELEASE.match((field.get("since") or "0.0").lstrip("<="))
    since = (int(release[1]), int(release[2])) if release else (0, 0)
    return not field.get("optional") and since <= _ANNOUNCED and field["name"] != "moved"


def _is(kind: str, value: Any) -> bool:
    if kind == "boolean":
        return isinstance(value, bool)
    if kind == "integer":
        return isinstance(value, int) and not isinstance(value, bool)
    if kind == "number":
        return isinstance(value, int | float) and not isinstance(value, bool)
    if kind == "datetime":
        return isinstance(value, str) and _DATETIME.fullmatch(value) is not None
    if kind == "date":
        return isinstance(value, str) and _DATE.fullmatch(value) is not None
    if kind == "url":
        return isinstance(value, str) and value.startswith(("http://", "https://", "ws://", "wss://"))
    if kind in ("string", "html"):
        return isinstance(value, str)
    return isinstance(value, dict) if kind == "object" else True


# What each path answers with, so that every answer in every test is checked.
_ANSWERS = (
    ("(GET|PATCH) /api/v1/accounts/(verify|update)_credentials", "CredentialAccount"),
    ("(GET|PATCH) /api/v1/profile", "Profile"),
    ("GET /api/v1/accounts/relationships", "array<Relationship>"),
    ("GET /api/v1/accounts/familiar_followers", "array<FamiliarFollowers>"),
    ("GET /api/v1/accounts/lookup", "Account"),
    ("GET /api/v1/accounts(/search)?", "array<Account>"),
    (r"GET /api/v1/accounts/\d+", "Account"),
    (r"GET /api/v1/accounts/\d+/statuses", "array<Status>"),
    (r"GET /api/v1/accounts/\d+/follow(ers|ing)", "array<Account>"),
    (r"POST /api/v1/accounts/\d+/\w+", "Relationship"),
    (r"POST /api/v1/follow_requests/\d+/\w+", "Relationship"),
    ("GET /api/v1/(follow_requests|blocks)", "array<Account>"),
    ("GET /api/v1/mutes", "array<MutedAccount>"),
    ("GET /api/v1/(favourites|bookmarks|statuses)", "array<Status>"),
    ("GET /api/v1/timelines/.*", "array<Status>"),
    ("GET /api/v1/scheduled_statuses", "array<ScheduledStatus>"),
    (r"(GET|PUT) /api/v1/scheduled_statuses/\d+", "ScheduledStatus"),
    (r"GET /api/v1/annual_reports(/\d+)?", "WrappedAnnualReports"),
    ("GET /api/v1/instance/domain_blocks", "array<DomainBlock>"),
    ("GET /api/v1/instance/terms_of_service(/.*)?", "TermsOfService"),
    ("GET /api/v1/trends(/tags)?", "array<Tag>"),
    ("GET /api/v1/trends/statuses", "array<Status>"),
    ("GET /api/v1/trends/links", "array<Trends::Link>"),
    (r"GET /api/(oembed|web/embeds/\d+)", "OEmbed"),
    ("POST /api/v1/statuses", "Status"),
    (r"(GET|PUT|DELETE) /api/v1/statuses/\d+", "Status"),
    (r"GET /api/v1/statuses/\d+/context", "Context"),
    (r"GET /api/v1/statuses/\d+/source", "StatusSource"),
    (r"GET /api/v1/statuses/\d+/history", "array<StatusEdit>"),
    (r"GET /api/v1/statuses/\d+/(favourited|reblogged)_by", "array<Account>"),
    (r"POST /api/v1/statuses/\d+/\w+", "Status"),
    ("POST /api/v[12]/media", "MediaAttachment"),
    (r"(GET|PUT) /api/v1/media/\d+", "MediaAttachment"),
    (r"GET /api/v1/polls/\d+", "Poll"),
    (r"POST /api/v1/polls/\d+/votes", "Poll"),
    ("GET /api/v1/notifications", "array<Notification>"),
    (r"GET /api/v1/notifications/\d+", "Notification"),
    ("(GET|PATCH|PUT) /api/v1/notifications/policy", "V1::NotificationPolicy"),
    ("(GET|PATCH|PUT) /api/v2/notifications/policy", "NotificationPolicy"),
    ("GET /api/v1/notifications/requests", "array<NotificationRequest>"),
    (r"GET /api/v1/notifications/requests/\d+", "NotificationRequest"),
    ("GET /api/v2/notifications", "GroupedNotificationsResults"),
    (r"GET /api/v2/notifications/[a-z._]+-[\d-]+", "GroupedNotificationsResults"),
    (r"GET /api/v2/notifications/[a-z._]+-[\d-]+/accounts", "array<Account>"),
    (r"GET /api/v1(_alpha)?/accounts/\d+/(in_)?collections", "Collections"),
    (r"(POST|PATCH|PUT) /api/v1(_alpha)?/collections(/\d+)?", "WrappedCollection"),
    (r"GET /api/v1(_alpha)?/collections/\d+", "CollectionWithAccounts"),
    (r"POST /api/v1(_alpha)?/collections/\d+/items", "WrappedCollectionItem"),
    (r"GET /api/v1_alpha/async_refreshes/\d+", "{async_refresh: AsyncRefresh}"),
    ("GET /api/v1/filters", "array<V1::Filter>"),
    ("POST /api/v1/filters", "V1::Filter"),
    (r"(GET|PUT|PATCH) /api/v1/filters/\d+", "V1::Filter"),
    ("GET /api/v2/filters", "array<Filter>"),
    ("POST /api/v2/filters", "Filter"),
    (r"(GET|PUT|PATCH) /api/v2/filters/\d+", "Filter"),
    (r"GET /api/v2/filters/\d+/keywords", "array<FilterKeyword>"),
    (r"POST /api/v2/filters/\d+/keywords", "FilterKeyword"),
    (r"(GET|PUT|PATCH) /api/v2/filters/keywords/\d+", "FilterKeyword"),
    (r"GET /api/v2/filters/\d+/statuses", "array<FilterStatus>"),
    (r"POST /api/v2/filters/\d+/statuses", "FilterStatus"),
    (r"GET /api/v2/filters/statuses/\d+", "FilterStatus"),
    ("GET /api/v1/conversations", "array<Conversation>"),
    (r"POST /api/v1/conversations/\d+/(un)?read", "Conversation"),
    ("GET /api/v2/search", "Search"),
    ("GET /api/v1/instance", "V1::Instance"),
    ("GET /api/v2/instance", "Instance"),
    ("GET /api/v1/instance/rules", "array<Rule>"),
    ("GET /api/v1/instance/activity", "array<InstanceActivity>"),
    ("GET /api/v1/instance/extended_description", "ExtendedDescription"),
    ("GET /api/v1/instance/languages", "array<Language>"),
    ("GET /api/v1/custom_emojis", "array<CustomEmoji>"),
    ("GET /api/v1/announcements", "array<Announcement>"),
    ("GET /api/v1/preferences", "Preferences"),
    ("GET /api/v1/tags/.*", "Tag"),
    (r"POST /api/v1/tags/[^/]+/\w+", "Tag"),
    ("GET /api/v1/(followed_tags|featured_tags/suggestions)", "array<Tag>"),
    ("GET /api/v1/featured_tags", "array<FeaturedTag>"),
    ("POST /api/v1/featured_tags", "FeaturedTag"),
    (r"GET /api/v1/accounts/\d+/featured_tags", "array<FeaturedTag>"),
    ("POST /api/v1/reports", "Report"),
    ("GET /api/v[12]/admin/accounts", "array<Admin::Account>"),
    (r"GET /api/v1/admin/accounts/\d+", "Admin::Account"),
    (r"POST /api/v1/admin/accounts/\d+/(approve|enable|un\w+)", "Admin::Account"),
    ("GET /api/v1/admin/domain_blocks", "array<Admin::DomainBlock>"),
    ("POST /api/v1/admin/domain_blocks", "Admin::DomainBlock"),
    (r"(GET|PUT) /api/v1/admin/domain_blocks/\d+", "Admin::DomainBlock"),
    ("GET /api/v1/admin/domain_allows", "array<Admin::DomainAllow>"),
    ("POST /api/v1/admin/domain_allows", "Admin::DomainAllow"),
    (r"GET /api/v1/admin/domain_allows/\d+", "Admin::DomainAllow"),
    ("GET /api/v1/admin/reports", "array<Admin::Report>"),
    (r"(GET|PUT) /api/v1/admin/reports/\d+", "Admin::Report"),
    (r"POST /api/v1/admin/reports/\d+/\w+", "Admin::Report"),
    ("GET /api/v1/admin/email_domain_blocks", "array<Admin::EmailDomainBlock>"),
    (r"POST /api/v1/admin/email_domain_blocks", "Admin::EmailDomainBlock"),
    (r"GET /api/v1/admin/email_domain_blocks/\d+", "Admin::EmailDomainBlock"),
    ("(GET|POST) /api/v1/admin/canonical_email_blocks/test", "array<Admin::CanonicalEmailBlock>"),
    ("GET /api/v1/admin/canonical_email_blocks", "array<Admin::CanonicalEmailBlock>"),
    ("POST /api/v1/admin/canonical_email_blocks", "Admin::CanonicalEmailBlock"),
    (r"GET /api/v1/admin/canonical_email_blocks/\d+", "Admin::CanonicalEmailBlock"),
    ("GET /api/v1/admin/ip_blocks", "array<Admin::IpBlock>"),
    ("POST /api/v1/admin/ip_blocks", "Admin::IpBlock"),
    (r"(GET|PUT|PATCH) /api/v1/admin/ip_blocks/\d+", "Admin::IpBlock"),
    ("GET /api/v1/admin/(tags|trends/tags)", "array<Admin::Tag>"),
    (r"(GET|PUT|PATCH) /api/v1/admin/tags/\d+", "Admin::Tag"),
    (r"POST /api/v1/admin/trends/tags/\d+/\w+", "Admin::Tag"),
    ("GET /api/v1/admin/trends/statuses", "array<Admin::Trends::Status>"),
    (r"POST /api/v1/admin/trends/statuses/\d+/\w+", "Admin::Trends::Status"),
    ("GET /api/v1/admin/trends/links", "array<Admin::Trends::Link>"),
    (r"POST /api/v1/admin/trends/links/\d+/\w+", "Admin::Trends::Link"),
    ("GET /api/v1/admin/trends/links/publishers", "array<Admin::Trends::PreviewCardProvider>"),
    (r"POST /api/v1/admin/trends/links/publishers/\d+/\w+", "Admin::Trends::PreviewCardProvider"),
    ("POST /api/v1/admin/measures", "array<Admin::Measure>"),
    ("POST /api/v1/admin/dimensions", "array<Admin::Dimension>"),
    ("POST /api/v1/admin/retention", "array<Admin::Cohort>"),
    (r"GET /api/v1/(endorsements|accounts/\d+/endorsements|suggestions|directory)", "array<Account>"),
    ("GET /api/v2/suggestions", "array<Suggestion>"),
    ("GET /api/v1/domain_blocks", "array<string>"),
    ("GET /api/v1/domain_blocks/preview", "DomainBlockPreview"),
    ("GET /api/v1/lists", "array<List>"),
    ("POST /api/v1/lists", "List"),
    (r"(GET|PUT) /api/v1/lists/\d+", "List"),
    (r"GET /api/v1/lists/\d+/accounts", "array<Account>"),
    (r"GET /api/v1/accounts/\d+/lists", "array<List>"),
    ("(GET|POST|PUT|PATCH) /api/v1/push/subscription", "WebPushSubscription"),
    ("(POST|PUT|PATCH) /api/web/push_subscriptions.*", "WebPushSubscription"),
)


def check_answer(method: str, path: str, status: int, body: bytes) -> None:
    """Check the answer of an endpoint, by what its path promises; errors are errors."""
    value = json.loads(body)
    if status >= 400:
        check("Error", value)
        return
    called = f"{method} {path.rstrip('/')}"
    if called == "POST /api/v1/statuses":
        check("ScheduledStatus" if "scheduled_at" in value else "Status", value)
        return
    for pattern, entity in _ANSWERS:
        if re.fullmatch(pattern, called):
            check(entity, value)
            return
