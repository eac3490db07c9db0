-- Members are told what those who moderate decided about them.

alter table notifications add column act_id bigint;     -- in moderation_log
drop index notifications_once;
create unique index notifications_once
    on notifications (
        account_id, kind, from_id, coalesce(status_id, 0), coalesce(report_id, 0), coalesce(collection_id, 0),
        coalesce(act_id, 0)
    );
