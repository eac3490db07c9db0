-- What can be told from a row's id is not kept beside it: addresses of our activities, pages and threads.

create table outgoing_lean (
    id /*id*/,
    verb text not null,
    actor_id bigint not null references accounts (id),
    object_uri text not null,
    target_uri text not null default '',
    facts text not null default '{}',
    body /*bytes*/,
    reach text not null default '[]',
    created_at bigint not null
);
create table deliveries_lean (
    outgoing_id bigint not null references outgoing_lean (id) on delete cascade,
    inbox text not null,
    host_id bigint not null references hosts (id),
    state smallint not null default 0,
    attempts bigint not null default 0,
    next_at bigint not null,
    last_error text not null default '',
    finished_at bigint,
    primary key (outgoing_id, inbox)
) /*clustered*/;
insert into outgoing_lean (id, verb, actor_id, object_uri, target_uri, facts, body, reach, created_at)
select id, verb, actor_id, object_uri, target_uri, facts, body, reach, created_at from outgoing;
insert into deliveries_lean
       (outgoing_id, inbox, host_id, state, attempts, next_at, last_error, finished_at)
select outgoing_id, inbox, host_id, state, attempts, next_at, last_error, finished_at from deliveries;
drop table deliveries;
drop table outgoing;
alter table outgoing_lean rename to outgoing;
alter table deliveries_lean rename to deliveries;
-- Only what went to somebody is looked up by what it is about.
create index outgoing_object on outgoing (object_uri) where reach <> '[]';
create index deliveries_waiting on deliveries (host_id, outgoing_id) where state = 0;
create index deliveries_finished on deliveries (finished_at) where finished_at is not null;

drop index statuses_url;
update statuses set url = '' where url = uri or text is not null;
-- Pages of ours are told from their form; those of others have to be looked up.
create index statuses_url on statuses (url) where url <> '' and text is null;
update statuses set context_uri = null
 where text is not null
   and context_uri = (select value from settings where name = 'base_url') || '/contexts/' || cast(conversation_id as text);

-- A home holds some hundred posts: those of one author are found in it without an index of their own.
drop index home_entries_author;
