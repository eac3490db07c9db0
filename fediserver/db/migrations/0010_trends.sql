-- What is talked about: the last computation, and what organisers decided. Kinds: 0 tag, 1 post, 2 link, 3 publisher.

create table trends (
    kind smallint not null,
    subject_id bigint not null,
    score double precision not null,
    publisher text not null default '',             -- the site of a link
    computed_at bigint not null,
    primary key (kind, subject_id)
) /*clustered*/;

-- The subject is an id, for a publisher the name of its site. What has no row was not reviewed.
create table trend_reviews (
    kind smallint not null,
    subject text not null,
    allowed boolean not null,
    reviewed_at bigint not null,
    primary key (kind, subject)
) /*clustered*/;

-- A member's year, counted when they ask for it.
create table annual_reports (
    account_id bigint not null references accounts (id),
    year smallint not null,
    data text not null,                             -- JSON, in the form that apps are shown
    created_at bigint not null,
    read_at bigint,
    primary key (account_id, year)
) /*clustered*/;
