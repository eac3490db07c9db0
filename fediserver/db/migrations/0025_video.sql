-- Video and sound are made ready after they were taken: what is wrong with a file is kept with it, work in a queue.

alter table media_attachments add column problem text not null default '';  -- why it will never be ready, for its owner

-- No foreign key: before the upload is whole, and when it was taken back, there are files to be removed.
create table conversions (
    media_id /*id*/,                                -- of media_attachments
    account_id bigint not null,                     -- whose
    stem text not null,                             -- what the names of its files below /media/ begin with
    attempts bigint not null default 0,
    run_at bigint not null,
    lease_by text,
    lease_until bigint not null default 0
);
create index conversions_due on conversions (run_at);
