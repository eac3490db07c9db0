-- What the organisers tell everybody of the node, who has seen it, and how people react.

create table announcements (
    id /*id*/,
    text text not null,                             -- as typed
    content text not null,                          -- HTML
    mentions text not null,                         -- JSON: [{id, username, acct, url}]
    tags text not null,                             -- JSON: [name]
    emojis text not null,                           -- JSON: [{shortcode, path}]
    status_ids text not null,                       -- JSON: posts that it links to
    all_day boolean not null,
    starts_at bigint,
    ends_at bigint,
    scheduled_at bigint,                            -- when it is to be published; null when it was, or is not to be
    published_at bigint,
    created_at bigint not null,
    updated_at bigint not null
);

create table announcement_dismissals (
    account_id bigint not null references accounts (id),
    announcement_id bigint not null references announcements (id) on delete cascade,
    primary key (account_id, announcement_id)
) /*clustered*/;
create index announcement_dismissals_announcement on announcement_dismissals (announcement_id);

create table announcement_reactions (
    announcement_id bigint not null references announcements (id) on delete cascade,
    name text not null,                             -- an emoji, or the shortcode of one of ours
    account_id bigint not null references accounts (id),
    created_at bigint not null,
    primary key (announcement_id, name, account_id)
) /*clustered*/;
create index announcement_reactions_account on announcement_reactions (account_id);
