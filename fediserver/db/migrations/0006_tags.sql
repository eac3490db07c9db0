-- Whose post carries a tag, so that an account's own use of it is a range of an index.
alter table status_tags add column account_id bigint not null default 0;
update status_tags set account_id = (select s.account_id from statuses s where s.id = status_tags.status_id);
create index status_tags_account on status_tags (account_id, tag_id, status_id);

create table tag_follows (
    id /*id*/,
    account_id bigint not null references accounts (id),
    tag_id bigint not null references tags (id),
    created_at bigint not null
);
create unique index tag_follows_pair on tag_follows (tag_id, account_id);
create index tag_follows_account on tag_follows (account_id, id);

create table featured_tags (
    id /*id*/,
    account_id bigint not null references accounts (id),
    tag_id bigint not null references tags (id),
    name text not null,                             -- as its owner wrote it
    created_at bigint not null
);
create unique index featured_tags_pair on featured_tags (account_id, tag_id);
