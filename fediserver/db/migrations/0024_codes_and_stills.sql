-- A code says whose log-in made it, also when it is for a group, and goes when that member's log-ins are ended.
-- Codes live for ten minutes, so none is carried over.

drop table authorization_codes;
create table authorization_codes (
    code_hash text primary key,
    application_id bigint not null references applications (id),
    account_id bigint not null references accounts (id),   -- whom the token will act as
    user_id bigint not null references accounts (id),      -- whose log-in made it
    redirect_uri text not null,
    scopes text not null,
    challenge text not null default '',
    expires_at bigint not null
);
create index authorization_codes_expiry on authorization_codes (expires_at);
create index authorization_codes_user on authorization_codes (user_id);

-- The first frame of a moving avatar or header of ours, below /media/; '' where the picture does not move.
alter table accounts add column avatar_still text not null default '';
alter table accounts add column header_still text not null default '';
