-- Full-text search: the words of what may be found, in the form of fediserver/text/words.py.

-- Posts (kind 0) and accounts (kind 1) whose words have to be looked at; jobs/indexing.py does.
create table search_waiting (
    kind smallint not null,
    id bigint not null,
    primary key (kind, id)
) /*clustered*/;

-- Which posts are indexed. The id is small, which keeps the index small; the digest is of the words.
create table search_posts (
    id /*id*/,
    status_id bigint not null unique,
    digest bigint not null
);

/*on sqlite*/ create virtual table post_words using fts5 (words, content='', columnsize=0, tokenize='ascii');
/*on postgres*/ create table post_words (id bigint primary key, words tsvector not null);
/*on postgres*/ create index post_words_words on post_words using gin (words);

/*on sqlite*/ create virtual table account_words using fts5 (words, columnsize=0, tokenize='ascii');
/*on postgres*/ create table account_words (id bigint primary key, words tsvector not null);
/*on postgres*/ create index account_words_words on account_words using gin (words);

insert into search_waiting (kind, id) select 0, id from statuses where reblog_of_id is null;
insert into search_waiting (kind, id) select 1, id from accounts where deleted_at is null;
