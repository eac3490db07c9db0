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

-- Whose sign-ups are refused or looked at first: by the server of their mail, by their address in its one form, and by
-- the network that they come from.
create table email_domain_blocks (
    id /*id*/,
    domain text not null unique,                    -- and everything below it
    allow_with_approval boolean not null,
    created_at bigint not null
);
create table email_domain_attempts (
    block_id bigint not null references email_domain_blocks (id) on delete cascade,
    day bigint not null,                            -- counted from 1970
    attempts bigint not null,
    primary key (block_id, day)
) /*clustered*/;
create table canonical_email_blocks (
    id /*id*/,
    canonical_email_hash text not null unique,
    account_id bigint references accounts (id),     -- the suspended member whose address it was
    created_at bigint not null
);
create index canonical_email_blocks_account on canonical_email_blocks (account_id) where account_id is not null;
create table ip_blocks (
    id /*id*/,
    ip text not null unique,                        -- a network in its one form: 192.0.2.0/24
    severity text not null,                         -- sign_up_requires_approval, sign_up_block, no_access
    comment text not null,
    created_at bigint not null,
    expires_at bigint
);
create index ip_blocks_expiry on ip_blocks (expires_at) where expires_at is not null;

-- What may be done with hashtags, and sites whose pages may trend or not, by number.
alter table tags add column usable boolean not null default true;       -- in posts of ours
alter table tags add column listable boolean not null default true;     -- found by search
alter table tags add column reviewed_at bigint;
update tags set reviewed_at = (
    select r.reviewed_at from trend_reviews r where r.kind = 0 and r.subject = cast(tags.id as text));
create table publishers (
    id /*id*/,                                      -- small: apps read it as a number
    domain text not null unique,
    requested_at bigint not null                    -- when a page of it first was among the trends
);

-- For the figures that those who moderate look at.
create index accounts_domain on accounts (domain) where domain <> '';
create index reports_resolved on reports (resolved_at) where resolved_at is not null;
