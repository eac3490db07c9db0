-- Accounts of servers that are suspended are so with their server, until the rule is taken back.
-- When a key that is here was last asked for again, whatever came of it.

alter table keys add column asked_at bigint not null default 0;

alter table accounts add column suspended_with_host boolean not null default false;
create index accounts_with_host on accounts (domain, host_id) where suspended_with_host;

update accounts
   set suspended_at = (select max(created_at) from domain_rules where severity = 'suspend'),
       suspended_with_host = true,
       version = version + 1
 where domain <> '' and suspended_at is null
   and ('suspend' = (select r.severity from domain_rules r
                      where accounts.domain = r.domain or accounts.domain like '%.' || r.domain
                         or accounts.domain like r.domain || ':%' or accounts.domain like '%.' || r.domain || ':%'
                      order by length(r.domain) desc limit 1)
        or 'suspend' = (select r.severity from domain_rules r join hosts h on h.id = accounts.host_id
                         where h.name = r.domain or h.name like '%.' || r.domain
                            or h.name like r.domain || ':%' or h.name like '%.' || r.domain || ':%'
                         order by length(r.domain) desc limit 1));
