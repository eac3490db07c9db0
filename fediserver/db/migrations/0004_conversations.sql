-- ---------------------------------------------------------------- conversations

-- A member's side of what was written directly within one thread among the same people.
create table conversations (
    id /*id*/,
    account_id bigint not null references accounts (id),
    conversation_id bigint not null,                -- the thread
    participants text not null,                     -- ids of all of them, the member too, ascending: 1,2,3
    last_status_id bigint not null,
    unread boolean not null
);
create unique index conversations_once on conversations (account_id, conversation_id, participants);
create index conversations_account on conversations (account_id, last_status_id);
create index conversations_thread on conversations (conversation_id);

create table conversation_statuses (
    entry_id bigint not null references conversations (id) on delete cascade,
    status_id bigint not null references statuses (id) on delete cascade,
    primary key (entry_id, status_id)
) /*clustered*/;
create index conversation_statuses_status on conversation_statuses (status_id);

-- What was written directly before is read. Who takes part is put together one after the other, in order.
create table direct_parties (
    status_id bigint not null,
    account_id bigint not null,
    primary key (status_id, account_id)
) /*clustered*/;
insert into direct_parties (status_id, account_id)
select s.id, s.account_id from statuses s where s.visibility = 3 and s.reblog_of_id is null
union
select s.id, m.account_id from statuses s join mentions m on m.status_id = s.id
 where s.visibility = 3 and s.reblog_of_id is null and not m.silent;

create table direct_sets (
    status_id /*id*/,
    conversation_id bigint not null,
    participants text not null
);
insert into direct_sets (status_id, conversation_id, participants)
with recursive joined (status_id, newest, participants) as (
    select p.status_id, min(p.account_id), cast(min(p.account_id) as text) from direct_parties p group by p.status_id
     union all
    select j.status_id, p.account_id, j.participants || ',' || cast(p.account_id as text)
      from joined j
      join direct_parties p on p.status_id = j.status_id and p.account_id > j.newest
     where not exists (select 1 from direct_parties b
                        where b.status_id = j.status_id and b.account_id > j.newest and b.account_id < p.account_id))
select j.status_id, s.conversation_id, j.participants
  from joined j join statuses s on s.id = j.status_id
 where not exists (select 1 from direct_parties p where p.status_id = j.status_id and p.account_id > j.newest);

insert into conversations (id, account_id, conversation_id, participants, last_status_id, unread)
select row_number() over (order by max(d.status_id), p.account_id),
       p.account_id, d.conversation_id, d.participants, max(d.status_id), false
  from direct_sets d
  join direct_parties p on p.status_id = d.status_id
  join accounts a on a.id = p.account_id and a.domain = ''
 group by p.account_id, d.conversation_id, d.participants;
insert into conversation_statuses (entry_id, status_id)
select c.id, d.status_id
  from direct_sets d
  join conversations c on c.conversation_id = d.conversation_id and c.participants = d.participants;
drop table direct_parties;
drop table direct_sets;
