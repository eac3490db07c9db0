-- What moderators are told, and the rules by which they keep people out.

drop index notifications_once;
create unique index notifications_once
    on notifications (account_id, kind, from_id, coalesce(status_id, 0), coalesce(report_id, 0));
create index users_staff on users (account_id) where role <> 'member';
