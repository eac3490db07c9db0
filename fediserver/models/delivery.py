"""Federation in rows: what goes out, what came in, and the hosts."""

import msgspec


class Host(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """What is known of another server: is it there, what does it take."""

    id: int
    name: str
    failures: int
    opened_at: int | None
    wait: int
    retry_at: int
    due_at: int | None
    lease_by: str | None
    lease_until: int
    signature_scheme: str
    scheme_known_until: int
    last_success_at: int | None
    last_failure_at: int | None
    last_error: str


class Outgoing(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """An activity of ours, on its way; its address is `Uris.activity(id)`."""

    id: int
    verb: str
    actor_id: int
    object_uri: str
    target_uri: str
    facts: str
    body: bytes | None
    reach: str
    created_at: int


class Delivery(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """One activity for one inbox."""

    outgoing_id: int
    inbox: str
    host_id: int
    state: int
    attempts: int
    next_at: int
    last_error: str
    finished_at: int | None


class Received(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """A verified activity that waits for its handler."""

    id: int
    actor_uri: str
    body: bytes
    attempts: int
    next_at: int
    lease_by: str | None
    lease_until: int
    last_error: str


class Unverified(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """A request whose key we do not have yet, or that was made with another than we have."""

    id: int
    host: str
    network: str
    key_id: str
    url: str
    headers: str
    body: bytes
    attempts: int
    next_at: int
    received_at: int


class Job(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """Work for later."""

    id: int
    kind: str
    args: str
    once_key: str
    attempts: int
    run_at: int
    give_up_at: int
    lease_by: str | None
    lease_until: int
    last_error: str
