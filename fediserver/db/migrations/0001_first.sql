-- Times are milliseconds since 1970; ids are made in Python (fediserver/ids.py); JSON is text.
-- Words between /* */ that differ between the engines are listed in fediserver/db/query.py.

create table settings (
    name text primary key,
    value text not null
);

-- ---------------------------------------------------------------- people and groups

create table accounts (
    id /*id*/,
    username text not null,
    domain text not null default '',                -- '' for ours
    uri text not null unique,
    url text not null default '',
    actor_type text not null default 'Person',
    display_name text not null default '',
    note text not null default '',                  -- HTML
    note_text text not null default '',             -- as typed, ours only
    fields text not null default '[]',              -- JSON: [{name, value, verified_at}]
    emojis text not null default '[]',              -- JSON: [{shortcode, path}]
    avatar text not null default '',                -- path below /media/, '' for none
    header text not null default '',
    host_id bigint,                                 -- the server that its inbox is on; null for ours
    inbox text not null default '',
    shared_inbox text not null default '',
    outbox text not null default '',
    followers_uri text not null default '',
    following_uri text not null default '',
    featured_uri text not null default '',
    aliases text not null default '[]',             -- JSON: alsoKnownAs
    moved_to_id bigint,
    locked boolean not null default false,
    bot boolean not null default false,
    discoverable boolean not null default true,
    indexable boolean not null default false,
    hide_collections boolean not null default false,
    statuses_count bigint not null default 0,
    followers_count bigint not null default 0,
    following_count bigint not null default 0,
    last_status_at bigint,
    created_at bigint not null,
    refreshed_at bigint not null default 0,         -- when a remote actor was last fetched
    suspended_at bigint,
    silenced_at bigint,
    deleted_at bigint,
    version bigint not null default 1               -- raised by every change that an entity shows
);
create unique index accounts_handle on accounts (lower(username) /*prefix*/, domain);
create index accounts_local on accounts (id) where domain = '';
create index accounts_host on accounts (host_id, shared_inbox) where host_id is not null;

create table keys (
    id text primary key,                            -- the key's URI
    account_id bigint not null references accounts (id),
    algorithm text not null,                        -- rsa, ed25519
    public_pem text not null,
    private_pem text,                               -- ours only
    fetched_at bigint not null
);
create index keys_account on keys (account_id);

create table users (
    account_id /*id*/ references accounts (id),
    email text not null,
    password_hash text not null default '',
    role text not null default 'member',
    locale text not null default 'en',
    default_visibility text not null default 'public',
    default_sensitive boolean not null default false,
    default_language text,
    reason text not null default '',
    created_at bigint not null,
    confirmed_at bigint,
    approved_at bigint,
    disabled_at bigint,
    last_seen_at bigint
);
create unique index users_email on users (lower(email));

create table group_members (
    group_id bigint not null references accounts (id),
    account_id bigint not null references accounts (id),
    role text not null default 'member',
    created_at bigint not null,
    primary key (group_id, account_id)
);
create index group_members_account on group_members (account_id);
create index group_members_owner on group_members (group_id) where role = 'owner';

-- ---------------------------------------------------------------- relations

create table follows (
    id /*id*/,
    account_id bigint not null references accounts (id),
    target_id bigint not null references accounts (id),
    uri text not null default '',
    show_reblogs boolean not null default true,
    notify boolean not null default false,
    languages text,                                 -- JSON list, null for all
    created_at bigint not null
);
create unique index follows_pair on follows (account_id, target_id);
create index follows_target on follows (target_id, id);
create index follows_account on follows (account_id, id);

create table follow_requests (
    id /*id*/,
    account_id bigint not null references accounts (id),
    target_id bigint not null references accounts (id),
    uri text not null default '',
    show_reblogs boolean not null default true,
    notify boolean not null default false,
    languages text,
    created_at bigint not null
);
create unique index follow_requests_pair on follow_requests (account_id, target_id);
create index follow_requests_target on follow_requests (target_id, id);

create table blocks (
    id /*id*/,
    account_id bigint not null references accounts (id),
    target_id bigint not null references accounts (id),
    uri text not null default '',
    created_at bigint not null
);
create unique index blocks_pair on blocks (account_id, target_id);
create index blocks_target on blocks (target_id);

create table mutes (
    id /*id*/,
    account_id bigint not null references accounts (id),
    target_id bigint not null references accounts (id),
    hide_notifications boolean not null default true,
    expires_at bigint,
    created_at bigint not null
);
create unique index mutes_pair on mutes (account_id, target_id);

create table account_notes (
    account_id bigint not null references accounts (id),
    target_id bigint not null references accounts (id),
    comment text not null,
    primary key (account_id, target_id)
);

-- ---------------------------------------------------------------- posts

create table statuses (
    id /*id*/,
    uri text not null unique,
    url text not null default '',
    account_id bigint not null references accounts (id),
    object_type text not null default 'Note',
    visibility smallint not null,                   -- 0 public, 1 unlisted, 2 private, 3 direct
    in_reply_to_id bigint,
    in_reply_to_account_id bigint,
    in_reply_to_uri text,                           -- while the parent is not here
    reblog_of_id bigint,
    conversation_id bigint not null,                -- the id of the first post of the thread that is known here
    context_uri text,
    group_id bigint,                                -- the group that it was posted to
    sensitive boolean not null default false,
    spoiler_text text not null default '',
    content text not null default '',               -- HTML
    text text,                                      -- as typed, ours only
    language text,
    name text not null default '',                  -- a title, where the object has one
    mentions text not null default '[]',            -- JSON: [{id, username, acct, url}]
    tags text not null default '[]',                -- JSON: [name]
    emojis text not null default '[]',              -- JSON: [{shortcode, path}]
    media_count smallint not null default 0,
    poll_id bigint,
    application_id bigint,
    replies_count bigint not null default 0,
    reblogs_count bigint not null default 0,
    favourites_count bigint not null default 0,
    created_at bigint not null,
    edited_at bigint,
    version bigint not null default 1               -- raised by every change that an entity shows
);
create index statuses_account on statuses (account_id, id);
create index statuses_public on statuses (id)
    where visibility = 0 and reblog_of_id is null and in_reply_to_id is null and in_reply_to_uri is null;
create index statuses_local on statuses (id)
    where visibility = 0 and reblog_of_id is null and in_reply_to_id is null and in_reply_to_uri is null
      and text is not null;
create index statuses_replies on statuses (in_reply_to_id, id) where in_reply_to_id is not null;
create index statuses_orphans on statuses (in_reply_to_uri) where in_reply_to_uri is not null;
create unique index statuses_reblogs on statuses (reblog_of_id, account_id) where reblog_of_id is not null;
create index statuses_conversation on statuses (conversation_id, id);
-- Pages of ours are told from their form; those of others have to be looked up.
create index statuses_url on statuses (url) where url <> uri and text is null;

create table mentions (
    status_id bigint not null references statuses (id) on delete cascade,
    account_id bigint not null references accounts (id),
    silent boolean not null default false,          -- addressed, but not named in the text
    primary key (status_id, account_id)
) /*clustered*/;
create index mentions_account on mentions (account_id, status_id);

create table tags (
    id /*id*/,
    name text not null unique,                      -- folded, lower case
    display_name text not null,
    created_at bigint not null
);
create index tags_prefix on tags (name /*prefix*/);

create table status_tags (
    tag_id bigint not null references tags (id),
    status_id bigint not null references statuses (id) on delete cascade,
    primary key (tag_id, status_id)
) /*clustered*/;
create index status_tags_status on status_tags (status_id);

create table status_edits (
    id /*id*/,
    status_id bigint not null references statuses (id) on delete cascade,
    content text not null,
    spoiler_text text not null,
    sensitive boolean not null,
    media text not null default '[]',               -- JSON: media entities as they were
    poll text,                                      -- JSON: option titles
    emojis text not null default '[]',
    created_at bigint not null
);
create index status_edits_status on status_edits (status_id, id);

create table tombstones (
    uri text primary key,
    former_type text not null default 'Note',
    deleted_at bigint not null
);

create table favourites (
    id /*id*/,
    account_id bigint not null references accounts (id),
    status_id bigint not null references statuses (id) on delete cascade,
    uri text not null default '',
    created_at bigint not null
);
create unique index favourites_pair on favourites (account_id, status_id);
create index favourites_status on favourites (status_id, id);
create index favourites_account on favourites (account_id, id);

create table bookmarks (
    id /*id*/,
    account_id bigint not null references accounts (id),
    status_id bigint not null references statuses (id) on delete cascade,
    created_at bigint not null
);
create unique index bookmarks_pair on bookmarks (account_id, status_id);
create index bookmarks_status on bookmarks (status_id);
create index bookmarks_account on bookmarks (account_id, id);

create table pins (
    id /*id*/,
    account_id bigint not null references accounts (id),
    status_id bigint not null references statuses (id) on delete cascade,
    created_at bigint not null
);
create unique index pins_pair on pins (account_id, status_id);
create index pins_status on pins (status_id);

create table conversation_mutes (
    account_id bigint not null references accounts (id),
    conversation_id bigint not null,
    primary key (account_id, conversation_id)
);

create table polls (
    id /*id*/,
    status_id bigint not null references statuses (id) on delete cascade,
    multiple boolean not null default false,
    hide_totals boolean not null default false,
    voters_count bigint not null default 0,
    expires_at bigint,
    closed_at bigint
);
create unique index polls_status on polls (status_id);

create table poll_options (
    poll_id bigint not null references polls (id) on delete cascade,
    position smallint not null,
    title text not null,
    votes_count bigint not null default 0,
    primary key (poll_id, position)
) /*clustered*/;

create table poll_votes (
    poll_id bigint not null references polls (id) on delete cascade,
    account_id bigint not null references accounts (id),
    position smallint not null,
    uri text not null default '',
    created_at bigint not null,
    primary key (poll_id, account_id, position)
) /*clustered*/;

create table media_attachments (
    id /*id*/,
    account_id bigint not null references accounts (id),
    status_id bigint references statuses (id) on delete cascade,
    position smallint not null default 0,
    kind text not null,                             -- image, gifv, video, audio, unknown
    mime text not null default '',
    path text not null default '',                  -- below /media/
    preview_path text not null default '',
    remote_url text not null default '',
    description text not null default '',
    blurhash text not null default '',
    meta text not null default '{}',                -- JSON: original, small, focus
    bytes bigint not null default 0,
    created_at bigint not null
);
create index media_attachments_status on media_attachments (status_id, position) where status_id is not null;
create index media_attachments_unused on media_attachments (created_at) where status_id is null;

create table remote_files (
    id /*id*/,
    url text not null unique,
    purpose text not null,                          -- attachment, avatar, header, emoji, preview
    blurhash text not null default '',
    path text not null default '',                  -- below the media folder once fetched
    mime text not null default '',
    bytes bigint not null default 0,
    viewed_at bigint not null default 0,
    failed_at bigint,
    failures bigint not null default 0
);
create index remote_files_cached on remote_files (viewed_at) where path <> '';

create table custom_emojis (
    id /*id*/,
    shortcode text not null,
    domain text not null default '',
    uri text not null default '',
    path text not null,
    visible boolean not null default true,
    category text not null default '',
    updated_at bigint not null
);
create unique index custom_emojis_name on custom_emojis (domain, shortcode);

-- ---------------------------------------------------------------- what members read

create table home_entries (
    account_id bigint not null references accounts (id),
    position bigint not null,                       -- order of arrival, made like an id
    status_id bigint not null references statuses (id) on delete cascade,
    original_id bigint not null,                    -- the boosted post, else the post
    author_id bigint not null,
    primary key (account_id, position)
) /*clustered*/;
create unique index home_entries_status on home_entries (status_id, account_id);
create index home_entries_author on home_entries (account_id, author_id);

create table notifications (
    id /*id*/,
    account_id bigint not null references accounts (id),
    kind text not null,
    from_id bigint not null references accounts (id),
    status_id bigint references statuses (id) on delete cascade,
    report_id bigint,
    created_at bigint not null
);
create unique index notifications_once on notifications (account_id, kind, from_id, coalesce(status_id, 0));
create index notifications_account on notifications (account_id, id);
create index notifications_status on notifications (status_id) where status_id is not null;

create table markers (
    account_id bigint not null references accounts (id),
    timeline text not null,
    last_read_id text not null,
    version bigint not null default 1,
    updated_at bigint not null,
    primary key (account_id, timeline)
);

-- ---------------------------------------------------------------- access

create table applications (
    id /*id*/,
    name text not null,
    website text not null default '',
    client_id text not null unique,
    secret_hash text not null,
    redirect_uris text not null,                    -- JSON list
    scopes text not null,
    created_at bigint not null
);

create table access_tokens (
    id /*id*/,
    token_hash text not null unique,
    application_id bigint not null references applications (id),
    account_id bigint references accounts (id),     -- who it acts as; null for the application alone
    user_id bigint references accounts (id),        -- whose log-in made it; another than account_id for a group
    scopes text not null,
    created_at bigint not null,
    last_used_at bigint,
    expires_at bigint
);
create index access_tokens_account on access_tokens (account_id);
create index access_tokens_user on access_tokens (user_id);

create table authorization_codes (
    code_hash text primary key,
    application_id bigint not null references applications (id),
    account_id bigint not null references accounts (id),
    redirect_uri text not null,
    scopes text not null,
    challenge text not null default '',
    expires_at bigint not null
);
create index authorization_codes_expiry on authorization_codes (expires_at);

create table sessions (
    token_hash text primary key,
    account_id bigint not null references accounts (id),
    created_at bigint not null,
    expires_at bigint not null,
    user_agent text not null default ''
);
create index sessions_account on sessions (account_id);

create table one_time_links (
    token_hash text primary key,
    purpose text not null,
    account_id bigint not null references accounts (id),
    expires_at bigint not null
);
create index one_time_links_account on one_time_links (account_id);

create table idempotency_keys (
    account_id bigint not null references accounts (id),
    idempotency_key text not null,
    status_id bigint not null,
    created_at bigint not null,
    primary key (account_id, idempotency_key)
);
create index idempotency_keys_age on idempotency_keys (created_at);

create table reports (
    id /*id*/,
    account_id bigint not null references accounts (id),
    target_id bigint not null references accounts (id),
    uri text not null default '',
    status_ids text not null default '[]',
    comment text not null default '',
    category text not null default 'other',
    forwarded boolean not null default false,
    created_at bigint not null,
    resolved_at bigint
);
create index reports_target on reports (target_id);
create unique index reports_uri on reports (uri) where uri <> '';

create table domain_rules (
    domain text primary key,
    severity text not null,                         -- allow, silence, suspend
    reason text not null default '',
    created_at bigint not null
);

-- ---------------------------------------------------------------- federation

create table hosts (
    id /*id*/,
    name text not null unique,                      -- host or host:port
    failures bigint not null default 0,             -- in a row
    opened_at bigint,                               -- since when the breaker is open
    wait bigint not null default 0,                 -- between probes while it is open
    retry_at bigint not null default 0,             -- no request before this
    due_at bigint,                                  -- when its first waiting delivery is due; null: none
    lease_by text,
    lease_until bigint not null default 0,
    signature_scheme text not null default 'cavage',
    scheme_known_until bigint not null default 0,
    last_success_at bigint,
    last_failure_at bigint,
    last_error text not null default ''
);
create index hosts_due on hosts (due_at) where due_at is not null;

create table outgoing (
    id /*id*/,
    uri text not null unique,
    verb text not null,
    actor_id bigint not null references accounts (id),
    object_uri text not null,
    target_uri text not null default '',
    facts text not null default '{}',               -- JSON: what may be gone when it is rendered
    body /*bytes*/,
    reach text not null default '[]',               -- JSON: ids of the hosts it was sent to
    created_at bigint not null
);
create index outgoing_object on outgoing (object_uri);

create table deliveries (
    outgoing_id bigint not null references outgoing (id) on delete cascade,
    inbox text not null,
    host_id bigint not null references hosts (id),
    state smallint not null default 0,              -- 0 waiting, 1 delivered, 2 given up
    attempts bigint not null default 0,
    next_at bigint not null,
    last_error text not null default '',
    finished_at bigint,
    primary key (outgoing_id, inbox)
) /*clustered*/;
create index deliveries_waiting on deliveries (host_id, outgoing_id) where state = 0;
create index deliveries_finished on deliveries (finished_at) where finished_at is not null;

create table received (
    id /*id*/,
    actor_uri text not null,                        -- owner of the key that signed
    body /*bytes*/ not null,
    attempts bigint not null default 0,
    next_at bigint not null,
    lease_by text,
    lease_until bigint not null default 0,
    last_error text not null default ''
);
create index received_due on received (next_at);

create table seen (
    hash /*bytes*/ primary key,
    expires_at bigint not null
) /*clustered*/;
create index seen_expiry on seen (expires_at);

create table unverified (
    id /*id*/,
    host text not null,
    network text not null,
    key_id text not null,
    url text not null,
    headers text not null,
    body /*bytes*/ not null,
    attempts bigint not null default 0,
    next_at bigint not null,
    received_at bigint not null
);
create index unverified_due on unverified (next_at);
create index unverified_host on unverified (host);
create index unverified_network on unverified (network);

create table jobs (
    id /*id*/,
    kind text not null,
    args text not null,                             -- JSON
    once_key text not null unique,                  -- the same work is not queued twice
    attempts bigint not null default 0,
    run_at bigint not null,
    give_up_at bigint not null,
    lease_by text,
    lease_until bigint not null default 0,
    last_error text not null default ''
);
create index jobs_due on jobs (run_at);

create table pending_mentions (
    status_id bigint not null references statuses (id) on delete cascade,
    handle text not null,
    primary key (status_id, handle)
);

create table signals (
    id /*id*/,
    kind text not null,
    subject text not null default '',
    created_at bigint not null
);
