-- Files of follows, blocks and the like that members bring along, and the lines of them that wait or failed.

create table imports (
    id /*id*/,
    account_id bigint not null references accounts (id),
    kind text not null,                             -- follows, blocks, mutes, domain_blocks, bookmarks, lists
    overwrite boolean not null,                     -- what is not in the file is ended
    total bigint not null,
    done bigint not null default 0,
    failed bigint not null default 0,
    created_at bigint not null,
    finished_at bigint
);
create index imports_account on imports (account_id, id);
create index imports_created on imports (created_at);

create table import_lines (
    import_id bigint not null references imports (id) on delete cascade,
    position bigint not null,
    entry text not null,                            -- JSON: text/csv_files.py
    failed boolean not null default false,
    attempts bigint not null default 0,
    next_at bigint not null,
    primary key (import_id, position)
) /*clustered*/;
create index import_lines_waiting on import_lines (import_id, next_at) where not failed;
