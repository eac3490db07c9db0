-- Who decided what about whom and why, accounts whose posts are all sensitive, and who works on a report.

alter table accounts add column sensitized_at bigint;
-- Its own server suspended it, and may let it in again.
alter table accounts add column suspended_there boolean not null default false;

alter table reports add column rule_ids text not null default '[]';     -- JSON list
alter table reports add column updated_at bigint not null default 0;
alter table reports add column assigned_id bigint;                      -- the moderator in charge
alter table reports add column resolved_by_id bigint;
update reports set updated_at = coalesce(resolved_at, created_at);
create index reports_account on reports (account_id, id);
drop index reports_target;
create index reports_target on reports (target_id, id);

create table moderation_log (
    id /*id*/,
    actor_id bigint references accounts (id),       -- null for the command line
    deed text not null,
    target_id bigint references accounts (id),
    report_id bigint,
    reason text not null default '',
    created_at bigint not null
);
create index moderation_log_target on moderation_log (target_id, id);
