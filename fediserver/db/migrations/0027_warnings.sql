-- Members are told what those who moderate decided about them, and which ties a block of theirs has cut.

create table severances (
    id /*id*/,
    account_id bigint not null references accounts (id),
    target_name text not null,                      -- the server
    followers_count bigint not null,
    following_count bigint not null,
    created_at bigint not null
);

alter table notifications add column act_id bigint;         -- in moderation_log
alter table notifications add column severance_id bigint;
drop index notifications_once;
create unique index notifications_once
    on notifications (
        account_id, kind, from_id, coalesce(status_id, 0), coalesce(report_id, 0), coalesce(collection_id, 0),
        coalesce(act_id, 0), coalesce(severance_id, 0)
    );
