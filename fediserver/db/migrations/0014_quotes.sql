-- Posts that quote posts, with the consent of who wrote them. Posts from before are quoted by nobody until their
-- author says otherwise: nobody was asked.

alter table users add column default_quote_policy text not null default 'public';

alter table statuses add column quotes_count bigint not null default 0;
alter table statuses add column quote_policy smallint not null default 0;   -- 0 nobody, 1 followers, 2 public
alter table statuses add column quote_id bigint;                            -- its row in quotes

create table quotes (
    id /*id*/,
    status_id bigint not null unique references statuses (id) on delete cascade,
    account_id bigint not null references accounts (id),                    -- who quotes
    quoted_id bigint references statuses (id) on delete set null,
    state smallint not null,                                                -- 1 accepted, 2 revoked
    created_at bigint not null
);
create index quotes_quoted on quotes (quoted_id, id) where quoted_id is not null;
