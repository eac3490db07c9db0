-- ---------------------------------------------------------------- filters

create table filters (
    id /*id*/,
    account_id bigint not null references accounts (id),
    title text not null,
    contexts text not null,                         -- JSON: of home, notifications, public, thread, account
    action text not null,                           -- warn, hide, blur
    expires_at bigint
);
create index filters_account on filters (account_id, id);

create table filter_keywords (
    id /*id*/,
    filter_id bigint not null references filters (id) on delete cascade,
    account_id bigint not null references accounts (id),
    keyword text not null,
    whole_word boolean not null
);
create index filter_keywords_filter on filter_keywords (filter_id, id);
create index filter_keywords_account on filter_keywords (account_id, id);

create table filter_statuses (
    id /*id*/,
    filter_id bigint not null references filters (id) on delete cascade,
    account_id bigint not null references accounts (id),
    status_id bigint not null references statuses (id) on delete cascade
);
create unique index filter_statuses_pair on filter_statuses (filter_id, status_id);
create index filter_statuses_account on filter_statuses (account_id, id);
create index filter_statuses_status on filter_statuses (status_id);

-- ---------------------------------------------------------------- notifications: groups and policy

alter table notifications add column filtered boolean not null default false;   -- held back by the policy
alter table notifications add column group_key text;    -- kind-status-hour or kind-hour; null for what stands alone
update notifications
   set group_key = kind || coalesce('-' || cast(status_id as text), '') || '-' || cast(created_at / 3600000 as text)
 where kind in ('favourite', 'reblog', 'follow', 'admin.sign_up');
create index notifications_group on notifications (account_id, group_key, id) where group_key is not null;
create index notifications_filtered on notifications (account_id, from_id, id) where filtered;

-- 0 accept, 1 filter, 2 drop; who has no row accepts everything.
create table notification_policies (
    account_id /*id*/ references accounts (id),
    not_following smallint not null default 0,
    not_followers smallint not null default 0,
    new_accounts smallint not null default 0,
    private_mentions smallint not null default 0,
    limited_accounts smallint not null default 0,
    bots smallint not null default 0
);

-- Senders whose mentions were held back.
create table notification_requests (
    id /*id*/,
    account_id bigint not null references accounts (id),
    from_id bigint not null references accounts (id),
    created_at bigint not null,
    updated_at bigint not null
);
create unique index notification_requests_pair on notification_requests (account_id, from_id);
create index notification_requests_account on notification_requests (account_id, id);

-- Senders who are let through whatever the policy says.
create table notification_permissions (
    account_id bigint not null references accounts (id),
    from_id bigint not null references accounts (id),
    created_at bigint not null,
    primary key (account_id, from_id)
) /*clustered*/;
