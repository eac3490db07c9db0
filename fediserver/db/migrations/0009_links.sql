-- Links in posts and what the pages behind them say of themselves: preview cards.

create table links (
    id /*id*/,
    url text not null unique,
    title text not null default '',
    description text not null default '',
    language text,
    author_name text not null default '',
    author_url text not null default '',
    author_id bigint,                               -- the author's account, when it lets the site name it
    unconfirmed_id bigint,                          -- the account that the page names, when it does not
    provider_name text not null default '',
    image text not null default '',                 -- path below /media/
    image_width bigint not null default 0,
    image_height bigint not null default 0,
    image_description text not null default '',
    blurhash text not null default '',
    published_at bigint,
    fetched_at bigint,                              -- null: nothing is known yet, or there is nothing to show
    next_at bigint not null default 0,              -- when the page may be asked again
    failures bigint not null default 0
);
create index links_next on links (next_at);

-- The first link of a post.
create table status_links (
    status_id bigint not null primary key references statuses (id) on delete cascade,
    link_id bigint not null references links (id)
) /*clustered*/;
create index status_links_link on status_links (link_id, status_id);

-- Sites that may name an account as the author of their pages.
create table attribution_domains (
    account_id bigint not null references accounts (id),
    domain text not null,
    primary key (account_id, domain)
) /*clustered*/;
