-- Work that is asked for while it is being done is done once more: what it has read may be old.

alter table jobs add column again_at bigint;
alter table jobs add column again_until bigint;
