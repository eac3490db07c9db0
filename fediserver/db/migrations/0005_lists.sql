-- A member's lists: whom they hold, and what those said, in the order of arrival, as home_entries keep it.

create table lists (
    id /*id*/,
    account_id bigint not null references accounts (id),
    title text not null,
    replies_policy text not null,                   -- followed, list, none
    exclusive boolean not null,                     -- its accounts are kept out of home
    created_at bigint not null
);
create index lists_account on lists (account_id, id);

-- Who is no longer followed leaves the list, and takes along what they said there.
create table list_accounts (
    list_id bigint not null references lists (id) on delete cascade,
    account_id bigint not null references accounts (id),
    owner_id bigint not null references accounts (id),
    follow_id bigint references follows (id) on delete cascade,     -- null for the owner in their own list
    primary key (list_id, account_id)
) /*clustered*/;
create index list_accounts_account on list_accounts (account_id, owner_id);
create index list_accounts_follow on list_accounts (follow_id);

create table list_entries (
    list_id bigint not null,
    position bigint not null,
    status_id bigint not null references statuses (id) on delete cascade,
    original_id bigint not null,
    author_id bigint not null,
    primary key (list_id, position),
    foreign key (list_id, author_id) references list_accounts (list_id, account_id) on delete cascade
) /*clustered*/;
create unique index list_entries_status on list_entries (status_id, list_id);
create index list_entries_author on list_entries (list_id, author_id);
