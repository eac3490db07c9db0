"""Ten thousand rows of everything, skewed as life is: for plans that hold when the tables are full."""

from importlib import resources

from fediserver.db.migrate import _TABLE

# Portable: both engines take a recursive list of numbers in front of an insert.
_NUMBERS = "with recursive n(i) as (select 1 union all select i + 1 from n where i < {count})"
NOON = 1_790_000_000_000
SHIFT = 65_536
ID = f"(({NOON} + i * 1000) * {SHIFT})"
"""An id as Python makes them, for row i."""


def _of(number: str) -> str:
    """The id of the post with that number."""
    return f"(({NOON} + ({number}) * 1000) * {SHIFT})"


def _insert(count: int, table: str, columns: str, values: str, where: str = "") -> str:
    return f"{_NUMBERS.format(count=count)} insert into {table} ({columns}) select {values} from n {where}"


def seeds() -> list[str]:
    """Statements, in an order that foreign keys allow."""
    return [
        _insert(
            10_000,
            "hosts",
            "id, name, due_at, failures",
            f"i, 'h' || i || '.example', case when i % 100 = 0 then {NOON} + i end, i % 7",
        ),
        # 200 people of ours, the others on 300 servers.
        _insert(
            10_000,
            "accounts",
            "id, username, domain, uri, url, host_id, inbox, shared_inbox, created_at, followers_count",
            "i, 'user' || i, case when i <= 200 then '' else 'h' || (i % 300 + 1) || '.example' end, "
            "'https://h/users/' || i, 'https://h/@' || i, case when i > 200 then i % 300 + 1 end, "
            f"'https://h/users/' || i || '/inbox', 'https://h' || (i % 300) || '/inbox', {NOON}, i % 50",
        ),
        _insert(200, "users", "account_id, email, created_at", f"i, 'u' || i || '@mail.example', {NOON}"),
        _insert(200, "web_settings", "account_id, data", "i, '{}'"),
        _insert(
            10_000,
            "keys",
            "id, account_id, algorithm, public_pem, fetched_at",
            f"'https://h/users/' || i || '#main-key', i, 'rsa', 'pem', {NOON}",
        ),
        _insert(
            5_000,
            "group_members",
            "group_id, account_id, created_at",
            f"i % 20 + 1, 100 + i % 9900, {NOON}",
            "where i <= 9900 on conflict do nothing",
        ),
        # Half of all who follow, follow account 1; account 2 follows a third of everybody.
        _insert(5_000, "follows", "id, account_id, target_id, created_at", f"i, i + 201, 1, {NOON}"),
        _insert(
            3_000,
            "follows",
            "id, account_id, target_id, created_at",
            f"5000 + i, 2, i + 300, {NOON}",
        ),
        _insert(
            4_000,
            "follows",
            "id, account_id, target_id, created_at",
            f"8000 + i, i % 190 + 3, 4000 + i, {NOON}",
        ),
        *(
            _insert(4_000, table, "id, account_id, target_id, created_at", f"i, i % 900 + 1, i + 900, {NOON}")
            for table in ("follow_requests", "blocks", "mutes")
        ),
        _insert(3_000, "endorsements", "account_id, target_id, follow_id", "2, i + 300, 5000 + i"),
        # Account 2 blocks many servers, though none of its friends'.
        _insert(
            1_500,
            "domain_blocks",
            "id, account_id, domain, created_at",
            f"i, 2, 'x' || i || '.example', {NOON}",
        ),
        _insert(
            1_500,
            "domain_blocks",
            "id, account_id, domain, created_at",
            f"1500 + i, i % 190 + 3, 'h' || i || '.example', {NOON}",
        ),
        _insert(4_000, "dismissed_suggestions", "account_id, target_id", "i % 190 + 1, i + 300"),
        _insert(4_000, "account_notes", "account_id, target_id, comment", "i % 100 + 1, i + 900, 'x'"),
        _insert(
            5_000,
            "applications",
            "id, name, client_id, secret_hash, redirect_uris, scopes, created_at",
            f"i, 'app', 'client' || i, 'x', '[]', 'read', {NOON}",
        ),
        _insert(5_000, "tags", "id, name, display_name, created_at", f"i, 'tag' || i, 'Tag' || i, {NOON}"),
        # Of ten posts six are boosts, two are in one giant thread, one is a plain post, one is private.
        _insert(
            20_000,
            "statuses",
            "id, uri, url, account_id, visibility, reblog_of_id, in_reply_to_id, in_reply_to_account_id, "
            "in_reply_to_uri, conversation_id, text, content, media_count, poll_id, created_at",
            f"{ID}, 'https://h/s/' || i, 'https://h/@/' || i, "
            "case when i % 10 = 9 then i % 9999 + 1 when i % 3 = 0 then 1 else i % 9999 + 1 end, "
            "case when i % 10 = 9 then 2 else 0 end, "
            f"case when i % 10 < 6 and i % 3 <> 0 then {_of('i - i % 10 - 2 - 10 * (i % 3)')} end, "
            f"case when i % 10 = 6 then {_of('8')} when i % 10 = 7 then {_of('i - 5')} end, "
            "case when i % 10 in (6, 7) then 1 end, "
            "case when i % 10 = 5 and i % 3 = 0 and i % 7 = 0 then 'https://gone/' || i end, "
            f"case when i % 10 = 6 then {_of('8')} else {ID} end, "
            "case when i % 50 = 8 then 'text' end, 'content', i % 5, "
            f"case when i % 10 = 8 then i end, {NOON} + i * 1000",
        ),
        # Half of all quotes are of one post.
        _insert(
            5_000,
            "quotes",
            "id, status_id, account_id, quoted_id, state, created_at",
            f"i, {ID}, i % 9999 + 1, case when i % 2 = 0 then {_of('8')} else {_of('i + 5000')} end, "
            f"case when i % 9 = 0 then 2 else 1 end, {NOON}",
        ),
        f"update statuses set quote_id = (id / {SHIFT} - {NOON}) / 1000 where id <= {_of('5000')}",
        # Nearly all refreshes have ended.
        _insert(
            5_000,
            "async_refreshes",
            "id, status_id, conversation_id, started_at, finished_at",
            f"i, {ID}, {ID}, {NOON} + i, case when i % 50 > 0 then {NOON} + i end",
        ),
        _insert(5_000, "mentions", "status_id, account_id", f"{ID}, 1 + i % 3"),
        _insert(5_000, "mentions", "status_id, account_id", f"{ID}, 10 + i % 900"),
        # Half of all that is tagged carries tag 1.
        _insert(
            8_000,
            "status_tags",
            "tag_id, status_id, account_id",
            f"case when i % 2 = 0 then 1 else i % 4999 + 2 end, {ID}, "
            "case when i % 3 = 0 then 1 else i % 9999 + 1 end",
        ),
        # Everybody follows tag 1, account 2 follows and features much.
        _insert(190, "tag_follows", "id, account_id, tag_id, created_at", f"i, i, 1, {NOON}"),
        _insert(2_000, "tag_follows", "id, account_id, tag_id, created_at", f"200 + i, 2, i + 1, {NOON}"),
        _insert(
            2_000,
            "featured_tags",
            "id, account_id, tag_id, name, created_at",
            f"i, i % 190 + 1, i + 1, 'Tag', {NOON}",
        ),
        _insert(
            4_000,
            "status_edits",
            "id, status_id, content, spoiler_text, sensitive, created_at",
            f"i, {_of('i % 900 + 1')}, 'x', '', false, {NOON}",
        ),
        _insert(10_000, "tombstones", "uri, deleted_at", f"'https://gone/' || i, {NOON}"),
        *(
            _insert(
                5_000,
                table,
                "id, account_id, status_id, created_at",
                f"i, case when i % 2 = 0 then 2 else i % 900 + 3 end, {ID}, {NOON}",
            )
            for table in ("favourites", "bookmarks", "pins")
        ),
        _insert(
            5_000,
            "favourites",
            "id, account_id, status_id, created_at",
            f"5000 + i, i + 1000, {_of('8')}, {NOON}",
        ),
        _insert(4_000, "conversation_mutes", "account_id, conversation_id", f"i % 100 + 1, {ID}"),
        _insert(2_000, "polls", "id, status_id", f"i, {_of('i')}"),
        _insert(
            4_000,
            "poll_options",
            "poll_id, position, title",
            "i % 2000 + 1, i % 2, 'title'",
            "where i <= 4000 on conflict do nothing",
        ),
        _insert(2_000, "poll_options", "poll_id, position, title", "i, 2 + i % 2, 'title'"),
        _insert(8_000, "poll_votes", "poll_id, account_id, position, created_at", f"1, i, 0, {NOON}"),
        _insert(
            10_000,
            "media_attachments",
            "id, account_id, status_id, kind, created_at",
            f"i, i % 900 + 1, case when i % 50 > 0 then {_of('i')} end, 'image', {NOON} + i",
        ),
        # Account 2 has planned far ahead.
        _insert(
            4_000,
            "scheduled_statuses",
            "id, account_id, scheduled_at, draft, created_at",
            f"i, case when i % 4 = 0 then 2 else i % 190 + 3 end, {NOON} + i * 60000, '{{}}', {NOON}",
        ),
        _insert(2_000, "scheduled_media", "media_id, scheduled_id, position", "i, i * 2, 0"),
        _insert(
            10_000,
            "remote_files",
            "id, url, purpose, path, viewed_at",
            f"i, 'https://h/f/' || i, 'avatar', case when i % 10 = 0 then 'p' else '' end, {NOON} + i",
        ),
        _insert(
            100,
            "announcements",
            "id, text, content, mentions, tags, emojis, status_ids, all_day, published_at, created_at, updated_at",
            f"i, 'x', 'x', '[]', '[]', '[]', '[]', false, {NOON}, {NOON}, {NOON}",
        ),
        # Half of all reactions are the same, to one announcement.
        _insert(
            5_000,
            "announcement_reactions",
            "announcement_id, name, account_id, created_at",
            f"case when i % 2 = 0 then 1 else 1 + i % 100 end, case when i % 2 = 0 then '🎉' else '❤' end, i, {NOON}",
        ),
        _insert(5_000, "announcement_dismissals", "account_id, announcement_id", "i, 1 + i % 5"),
        _insert(
            4_000,
            "email_domain_blocks",
            "id, domain, allow_with_approval, created_at",
            f"i, 'm' || i || '.example', false, {NOON}",
        ),
        _insert(8_000, "email_domain_attempts", "block_id, day, attempts", "1 + i % 4000, i, 1"),
        _insert(
            4_000,
            "canonical_email_blocks",
            "id, canonical_email_hash, account_id, created_at",
            f"i, 'hash' || i, case when i % 10 = 0 then i end, {NOON}",
        ),
        _insert(
            4_000,
            "ip_blocks",
            "id, ip, severity, comment, created_at, expires_at",
            "i, '192.0.2.' || i, case when i % 2 = 0 then 'no_access' else 'sign_up_block' end, '', "
            f"{NOON}, case when i % 10 = 0 then {NOON} + i end",
        ),
        _insert(4_000, "publishers", "id, domain, requested_at", f"i, 'h' || i || '.example', {NOON}"),
        _insert(4_000, "custom_emojis", "id, shortcode, path, updated_at", f"i, 'e' || i, 'p', {NOON}"),
        # Account 2 reads much, the others little.
        _insert(
            9_000,
            "home_entries",
            "account_id, position, status_id, original_id, author_id",
            f"2, {ID}, {ID}, {ID}, i % 9999 + 1",
        ),
        _insert(
            5_000,
            "home_entries",
            "account_id, position, status_id, original_id, author_id",
            f"i % 190 + 3, {ID}, {ID}, {ID}, 1",
        ),
        # Account 2 has everybody whom it follows in one list; the others have one or two in each of theirs.
        _insert(
            4_000,
            "lists",
            "id, account_id, title, replies_policy, exclusive, created_at",
            f"i, case when i = 1 then 2 else i % 190 + 3 end, 'list', 'list', i % 10 = 0, {NOON}",
        ),
        _insert(
            3_000,
            "list_accounts",
            "list_id, account_id, owner_id, follow_id",
            "1, i + 300, 2, 5000 + i",
        ),
        _insert(
            3_000,
            "list_accounts",
            "list_id, account_id, owner_id, follow_id",
            "i + 1, 4000 + i, (i + 1) % 190 + 3, 8000 + i",
        ),
        _insert(
            9_000,
            "list_entries",
            "list_id, position, status_id, original_id, author_id",
            f"1, {ID}, {ID}, {ID}, i % 3000 + 301",
        ),
        _insert(
            3_000,
            "list_entries",
            "list_id, position, status_id, original_id, author_id",
            f"i + 1, {ID}, {ID}, {ID}, 4000 + i",
        ),
        _insert(
            10_000,
            "notifications",
            "id, account_id, kind, from_id, status_id, created_at",
            f"{ID}, case when i % 2 = 0 then 1 else i % 190 + 2 end, "
            f"case when i % 3 = 0 then 'favourite' else 'mention' end, i, {_of('i')}, {NOON}",
        ),
        "update notifications set group_key = 'favourite-1-' || cast(from_id % 500 as text) "
        "where kind = 'favourite' and from_id % 30 <> 0",
        "update notifications set filtered = true where kind = 'mention' and from_id % 20 = 4",
        # Account 2 recommends much and is recommended much.
        _insert(
            4_000,
            "collections",
            "id, account_id, name, description, sensitive, discoverable, tag_id, created_at, updated_at",
            "i, case when i % 2 = 0 then 2 else i % 190 + 3 end, 'x', '', false, true, "
            f"case when i % 3 = 0 then i % 4999 + 2 end, {NOON}, {NOON}",
        ),
        _insert(
            9_000,
            "collection_items",
            "id, collection_id, account_id, state, created_at",
            "i, (i + 1) / 2 - 4000 * ((i - 1) / 8000), "
            f"case when i % 2 = 0 then 2 + i / 8001 else i % 190 + 4 end, 1 + 2 * (i % 9 / 8), {NOON}",
            "where true on conflict do nothing",
        ),
        _insert(2_000, "notification_policies", "account_id, not_following", "i, i % 3"),
        *(
            _insert(
                5_000,
                table,
                f"{columns}account_id, from_id, created_at",
                f"{values}case when i % 2 = 0 then 1 else i % 190 + 2 end, i, {NOON}",
            )
            for table, columns, values in (
                ("notification_requests", "id, updated_at, ", f"i, {NOON}, "),
                ("notification_permissions", "", ""),
            )
        ),
        # Account 1 writes much, and mostly with the same people in one thread.
        _insert(
            8_000,
            "conversations",
            "id, account_id, conversation_id, participants, last_status_id, unread",
            "i, case when i % 2 = 0 then 1 else i % 190 + 2 end, case when i % 4 = 0 then 1 else i end, "
            f"'1,' || i, {ID}, false",
        ),
        _insert(10_000, "conversation_statuses", "entry_id, status_id", f"i % 8000 + 1, {ID}"),
        # Account 2 filters much, the others little.
        _insert(
            4_000,
            "filters",
            "id, account_id, title, contexts, action",
            "i, case when i % 2 = 0 then 2 else i % 190 + 3 end, 'x', '[]', 'warn'",
        ),
        _insert(
            8_000,
            "filter_keywords",
            "id, filter_id, account_id, keyword, whole_word",
            "i, i % 4000 + 1, case when i % 2 = 1 then 2 else i % 190 + 3 end, 'x', true",
        ),
        _insert(
            5_000,
            "filter_statuses",
            "id, filter_id, account_id, status_id",
            f"i, i % 4000 + 1, case when i % 2 = 1 then 2 else i % 190 + 3 end, {ID}",
        ),
        _insert(
            4_000, "markers", "account_id, timeline, last_read_id, updated_at", f"i, 'home', '1', {NOON}"
        ),
        _insert(
            5_000,
            "access_tokens",
            "id, token_hash, application_id, account_id, user_id, scopes, created_at",
            f"i, 'hash' || i, i, i % 200 + 1, i % 200 + 1, 'read', {NOON}",
        ),
        # Half of all who have subscribed are account 1.
        _insert(
            4_000,
            "push_subscriptions",
            "id, token_id, account_id, token, endpoint, public_key, auth, standard, alerts, said, policy, created_at",
            f"i, i, case when i % 2 = 0 then 1 else i % 190 + 2 end, 't', 'https://push.example/', 'k', 'a', true, "
            f"' mention ', '{{}}', 'all', {NOON}",
        ),
        _insert(
            4_000,
            "pushes",
            "subscription_id, notification_id, run_at",
            f"i, {ID}, {NOON} + i",
        ),
        _insert(
            4_000,
            "authorization_codes",
            "code_hash, application_id, account_id, user_id, redirect_uri, scopes, expires_at",
            f"'code' || i, i, i % 200 + 1, i % 200 + 1, 'x', 'read', {NOON} + i",
        ),
        _insert(
            4_000,
            "sessions",
            "token_hash, account_id, created_at, expires_at",
            f"'s' || i, i % 200 + 1, {NOON}, {NOON} + i",
        ),
        _insert(
            4_000,
            "one_time_links",
            "token_hash, purpose, account_id, expires_at",
            f"'l' || i, 'reset', i % 200 + 1, {NOON} + i",
        ),
        _insert(
            4_000,
            "idempotency_keys",
            "account_id, idempotency_key, status_id, created_at",
            f"i % 200 + 1, 'k' || i, i, {NOON} + i",
        ),
        _insert(
            4_000, "reports", "id, account_id, target_id, created_at", f"i, i % 200 + 1, i + 900, {NOON}"
        ),
        _insert(
            4_000,
            "severances",
            "id, account_id, target_name, followers_count, following_count, created_at",
            f"i, i % 200 + 1, 'h', 1, 1, {NOON}",
        ),
        _insert(
            4_000,
            "moderation_log",
            "id, actor_id, deed, target_id, created_at",
            f"i, i % 5 + 1, 'suspend', i % 900 + 1, {NOON}",
        ),
        _insert(
            10_000,
            "outgoing",
            "id, verb, actor_id, object_uri, reach, created_at",
            f"{ID}, 'create', i % 200 + 1, 'https://h/s/' || i, '[1]', {NOON} + i",
        ),
        # Nearly everything is delivered; half of what waits, waits for one host.
        _insert(
            10_000,
            "deliveries",
            "outgoing_id, inbox, host_id, state, next_at, finished_at",
            f"{_of('i')}, 'https://h/inbox', case when i % 2 = 0 then 100 else i % 300 + 1 end, "
            f"case when i % 20 = 0 then 0 else 1 end, {NOON} + i, case when i % 20 > 0 then {NOON} + i end",
        ),
        _insert(
            10_000,
            "received",
            "id, actor_uri, body, next_at",
            f"{ID}, 'https://h/users/1', '{{}}', {NOON} + i",
        ),
        _insert(
            5_000,
            "unverified",
            "id, host, network, key_id, url, headers, body, next_at, received_at",
            f"{ID}, 'h' || (i % 30), 'net' || (i % 20), 'k' || i, 'u', '{{}}', '{{}}', {NOON} + i, {NOON}",
        ),
        _insert(
            5_000,
            "jobs",
            "id, kind, args, once_key, run_at, give_up_at",
            f"{ID}, 'parent', '{{}}', 'parent:' || i, {NOON} + i, {NOON} * 2",
        ),
        _insert(
            4_000,
            "mails",
            "id, purpose, address, locale, run_at, give_up_at",
            f"{ID}, 'confirm', 'a' || i || '@b', 'en', {NOON} + i, {NOON} * 2",
        ),
        _insert(
            4_000,
            "imports",
            "id, account_id, kind, overwrite, total, created_at",
            f"i, i % 200 + 1, 'blocks', false, 1, {NOON} + i",
        ),
        # Half of all lines are of one file.
        _insert(
            8_000,
            "import_lines",
            "import_id, position, entry, failed, next_at",
            f"case when i % 2 = 0 then 1 else i % 3999 + 2 end, i, '{{}}', i % 20 = 0, {NOON} + i",
        ),
        _insert(
            4_000,
            "conversions",
            "media_id, account_id, stem, run_at",
            f"{ID}, i % 200 + 1, 'aa/bb/' || i, {NOON} + i",
        ),
        _insert(4_000, "mail_counts", "address_hash, day, count", "'a' || i, i % 3, 1"),
        _insert(4_000, "pending_mentions", "status_id, handle", f"{_of('i')}, 'a@b' || i"),
        _insert(
            4_000, "search_waiting", "kind, id", f"i % 2, {_of('i')}", "where true on conflict do nothing"
        ),
        _insert(5_000, "search_posts", "id, status_id, digest", f"i, {ID}, i"),
        _insert(
            5_000,
            "links",
            "id, url, title, next_at",
            f"i, 'https://h/l/' || i, case when i % 5 > 0 then 'title' else '' end, {NOON} + i",
        ),
        # Half of all posts with a link have the same one.
        _insert(
            8_000,
            "status_links",
            "status_id, link_id",
            f"{ID}, case when i % 2 = 0 then 1 else i % 4999 + 2 end",
        ),
        _insert(300, "trends", "kind, subject_id, score, computed_at", f"i % 3, i, i, {NOON}"),
        _insert(
            4_000, "trend_reviews", "kind, subject, allowed, reviewed_at", f"i % 4, '' || i, true, {NOON}"
        ),
        _insert(
            4_000,
            "annual_reports",
            "account_id, year, data, created_at",
            f"i % 200 + 1, 2000 + i / 200, '{{}}', {NOON}",
        ),
        _insert(4_000, "attribution_domains", "account_id, domain", "i, 'site' || i"),
    ]


SEEN_SQLITE = _insert(10_000, "seen", "hash, expires_at", f"cast('hash' || i as blob), {NOON} + i")
SEEN_POSTGRES = _insert(10_000, "seen", "hash, expires_at", f"convert_to('hash' || i, 'utf8'), {NOON} + i")
_WORDS = "'word a' || (i % 900) || ' b' || i"
WORDS_SQLITE = [
    _insert(5_000, table, "rowid, words", f"i, {_WORDS}") for table in ("post_words", "account_words")
]
WORDS_POSTGRES = [
    _insert(5_000, table, "id, words", f"i, to_tsvector('simple', {_WORDS})")
    for table in ("post_words", "account_words")
]


def schema() -> list[str]:
    """The texts of the migrations, in order, and of the table that notes them."""
    folder = resources.files("fediserver.db") / "migrations"
    names = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".sql"))
    return [_TABLE, *((folder / name).read_text(encoding="utf-8") for name in names)]
