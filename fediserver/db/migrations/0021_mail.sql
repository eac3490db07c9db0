-- Mail on its way, how many went to an address on a day, and which app made an account.

create table mails (
    id /*id*/,
    purpose text not null,                          -- confirm, password, approved
    address text not null,                          -- as it was given; whose it is, is asked when it is sent
    locale text not null,
    link_hash text not null default '',             -- of the link in it, once there is one
    attempts bigint not null default 0,
    run_at bigint not null,
    give_up_at bigint not null,
    lease_by text,
    lease_until bigint not null default 0,
    last_error text not null default ''
);
create index mails_due on mails (run_at);

create table mail_counts (
    address_hash text not null,
    day bigint not null,                            -- days since 1970
    count bigint not null,
    primary key (address_hash, day)
) /*clustered*/;
create index mail_counts_day on mail_counts (day);

alter table users add column made_by_app_id bigint;
