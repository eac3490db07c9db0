-- What members' apps wait for: the replies to a post of another server, fetched after somebody looked at its thread.

create table async_refreshes (
    id /*id*/,
    status_id bigint not null unique references statuses (id) on delete cascade,  -- where the search begins
    conversation_id bigint not null,
    started_at bigint not null,
    finished_at bigint,
    result_count bigint not null default 0,
    lease_by text,
    lease_until bigint not null default 0
);
create index async_refreshes_running on async_refreshes (started_at) where finished_at is null;
create index async_refreshes_thread on async_refreshes (conversation_id) where finished_at is null;
create index async_refreshes_started on async_refreshes (started_at);
