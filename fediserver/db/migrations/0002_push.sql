-- Web Push: where the notifications of a token are pushed to, and what is on its way. Both go with their token.

create table push_subscriptions (
    id /*id*/,
    token_id bigint not null references access_tokens (id) on delete cascade,
    account_id bigint not null references accounts (id),
    token text not null,                            -- apps find the account by it
    endpoint text not null,
    public_key text not null,
    auth text not null,
    standard boolean not null,                      -- aes128gcm; else the draft before it
    alerts text not null,                           -- the kinds that are wanted, each between spaces
    said text not null,                             -- JSON: what the app said of each kind
    policy text not null,                           -- all, followed, follower, none
    created_at bigint not null
);
create unique index push_subscriptions_token on push_subscriptions (token_id);
create index push_subscriptions_account on push_subscriptions (account_id);

create table pushes (
    subscription_id bigint not null references push_subscriptions (id) on delete cascade,
    notification_id bigint not null references notifications (id) on delete cascade,
    attempts bigint not null default 0,
    run_at bigint not null,
    lease_by text,
    lease_until bigint not null default 0,
    last_error text not null default '',
    primary key (subscription_id, notification_id)
) /*clustered*/;
create index pushes_due on pushes (run_at);
create index pushes_notification on pushes (notification_id);
