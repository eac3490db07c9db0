-- Quotes of and in other servers' posts: what they allow, and the authorizations that their authors give.

-- What quote_policy adds up: 1 followers, 2 public, 4 whom the author follows, 8 others. About those of
-- quote_manual the author decides.
alter table statuses add column quote_manual smallint not null default 0;

-- The states: 1 accepted, 2 revoked, 3 pending, 4 rejected, 5 nobody was asked.
alter table quotes add column quoted_uri text not null default '';  -- what is quoted, while it is not here
alter table quotes add column stamp_uri text not null default '';   -- another server's authorization
create index quotes_stamp on quotes (stamp_uri) where stamp_uri <> '';
