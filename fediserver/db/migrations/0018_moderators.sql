-- What moderators are told, and the rules by which they keep people out.

drop index notifications_once;
create unique index notifications_once
    on notifications (account_id, kind, from_id, coalesce(status_id, 0), coalesce(report_id, 0));
create index users_staff on users (account_id) where role <> 'member';

-- An account may be silenced by itself, or with its whole server; only the latter ends with the rule.
alter table accounts add column silenced_by_rule boolean not null default false;
update accounts set silenced_by_rule = true
 where silenced_at is not null and domain <> ''
   and exists (select 1 from domain_rules r where r.severity = 'silence'
                  and (accounts.domain = r.domain or accounts.domain like '%.' || r.domain));
