-- Collections: accounts that a member recommends to others, each with its consent.

create table collections (
    id /*id*/,
    account_id bigint not null references accounts (id) on delete cascade,      -- whose it is
    name text not null,
    description text not null,
    language text,
    sensitive boolean not null,
    discoverable boolean not null,
    tag_id bigint references tags (id) on delete set null,
    created_at bigint not null,
    updated_at bigint not null
);
create index collections_account on collections (account_id, id);
create index collections_tag on collections (tag_id) where tag_id is not null;

create table collection_items (
    id /*id*/,
    collection_id bigint not null references collections (id) on delete cascade,
    account_id bigint not null references accounts (id) on delete cascade,      -- who is recommended
    state smallint not null,                                                    -- 1 accepted, 3 revoked
    created_at bigint not null,
    unique (collection_id, account_id)
);
create index collection_items_account on collection_items (account_id, id);

alter table notifications add column collection_id bigint references collections (id) on delete cascade;
create index notifications_collection on notifications (collection_id) where collection_id is not null;
drop index notifications_once;
create unique index notifications_once
    on notifications (
        account_id, kind, from_id, coalesce(status_id, 0), coalesce(report_id, 0), coalesce(collection_id, 0)
    );

alter table reports add column collection_ids text not null default '[]';       -- JSON
