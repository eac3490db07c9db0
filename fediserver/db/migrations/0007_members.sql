-- Whom a member shows on their profile; it ends with the follow.
create table endorsements (
    account_id bigint not null references accounts (id),
    target_id bigint not null references accounts (id),
    follow_id bigint not null references follows (id) on delete cascade,
    primary key (account_id, target_id)
) /*clustered*/;
create index endorsements_follow on endorsements (follow_id);

-- Servers of which a member wants to see nothing; the organisers' own rules are domain_rules.
create table domain_blocks (
    id /*id*/,
    account_id bigint not null references accounts (id),
    domain text not null,
    created_at bigint not null
);
create unique index domain_blocks_pair on domain_blocks (account_id, domain);
create index domain_blocks_account on domain_blocks (account_id, id);

-- Whom a member does not want to be suggested again.
create table dismissed_suggestions (
    account_id bigint not null references accounts (id),
    target_id bigint not null references accounts (id),
    primary key (account_id, target_id)
) /*clustered*/;

-- The directory by the latest post, and who has most followers.
create index accounts_active on accounts (coalesce(last_status_at, 0), id) where discoverable;
create index accounts_local_active on accounts (coalesce(last_status_at, 0), id) where discoverable and domain = '';
create index accounts_local_popular on accounts (followers_count, id) where discoverable and domain = '';

-- Posts that wait for their time, and the files that are kept for them.
create table scheduled_statuses (
    id /*id*/,
    account_id bigint not null references accounts (id),
    scheduled_at bigint not null,
    draft text not null,                            -- JSON: what is to be published
    created_at bigint not null
);
create index scheduled_statuses_account on scheduled_statuses (account_id, id);
create index scheduled_statuses_time on scheduled_statuses (account_id, scheduled_at);

create table scheduled_media (
    media_id /*id*/ references media_attachments (id) on delete cascade,
    scheduled_id bigint not null references scheduled_statuses (id) on delete cascade,
    position smallint not null
);
create index scheduled_media_scheduled on scheduled_media (scheduled_id, position);

-- What a profile says of its pictures, and which of its tabs are shown.
alter table accounts add column avatar_description text not null default '';
alter table accounts add column header_description text not null default '';
alter table accounts add column show_media boolean not null default true;
alter table accounts add column show_media_replies boolean not null default true;
alter table accounts add column show_featured boolean not null default true;

-- Settings of a web client, as it sent them.
create table web_settings (
    account_id /*id*/ references users (account_id),
    data text not null                              -- JSON
);
