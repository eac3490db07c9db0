"""Applications, tokens and log-ins."""

import msgspec


class Application(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """A client that was registered."""

    id: int
    name: str
    website: str
    client_id: str
    secret_hash: str
    redirect_uris: str
    scopes: str
    created_at: int


class AccessToken(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """A bearer token; only its hash is kept."""

    id: int
    token_hash: str
    application_id: int
    account_id: int | None
    user_id: int | None
    scopes: str
    created_at: int
    last_used_at: int | None
    expires_at: int | None


class AuthorizationCode(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """A code on its way to becoming a token."""

    code_hash: str
    application_id: int
    account_id: int
    user_id: int
    redirect_uri: str
    scopes: str
    challenge: str
    expires_at: int


class Session(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """A log-in on the pages."""

    token_hash: str
    account_id: int
    created_at: int
    expires_at: int
    user_agent: str


class OneTimeLink(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """A link that works once."""

    token_hash: str
    purpose: str
    account_id: int
    expires_at: int
