"""Keys in memory: loading a key costs more than using it."""

from collections import OrderedDict

import msgspec

from fediserver.actions.core import Core
from fediserver.clock import SECOND
from fediserver.db import accounts
from fediserver.errors import NotFound
from fediserver.signatures.keys import Algorithm, PrivateKey, PublicKey, load_private, load_public

KEYS = 20_000
"""Public keys that are remembered: about 60 MB would be 20,000, but most nodes know far fewer."""
BELIEVED = SECOND
"""Milliseconds before somebody's key is read again: another process may have learned of a new one."""


class SigningKey(msgspec.Struct, frozen=True):
    """A key of ours and the id under which others find it."""

    id: str
    key: PrivateKey


class TheirKey(msgspec.Struct, frozen=True):
    """A key of somebody else and whose it is."""

    id: str
    account_id: int
    owner: str
    pem: str
    key: PublicKey
    fetched_at: int
    asked_at: int
    read_at: int


class Keyring:
    """Our private keys by account and algorithm, and the public keys of others by id."""

    def __init__(self) -> None:
        self._ours: dict[tuple[int, Algorithm], SigningKey] = {}
        self._theirs: OrderedDict[str, TheirKey] = OrderedDict()

    async def ours(self, core: Core, account_id: int, algorithm: Algorithm = "rsa") -> SigningKey:
        """The key that an account of ours signs requests with (RSA), or proves what it says (Ed25519)."""
        known = self._ours.get((account_id, algorithm))
        if known is None:
            for row in await accounts.keys(core.db, account_id):
                if row.algorithm == algorithm and row.private_pem:
                    known = SigningKey(row.id, load_private(row.private_pem))
                    self._ours[account_id, algorithm] = known
        if known is None:
            raise NotFound(f"account {account_id} has no {algorithm} key to sign with")
        return known

    async def theirs(self, core: Core, key_id: str) -> TheirKey | None:
        """Somebody's key, from memory while that is to be believed, else from the database."""
        known = self._theirs.get(key_id)
        if known is None or core.clock() - known.read_at >= BELIEVED:
            return await self.stored(core, key_id)
        self._theirs.move_to_end(key_id)
        return known

    async def stored(self, core: Core, key_id: str) -> TheirKey | None:
        """Somebody's key as the database has it, whatever is remembered; what is remembered follows."""
        now = core.clock()
        known = self._theirs.pop(key_id, None)
        row = await accounts.key(core.db, key_id)
        if row is None:
            return None
        if known is not None and (known.account_id, known.pem) == (row.account_id, row.public_pem):
            moments = {"fetched_at": row.fetched_at, "asked_at": row.asked_at, "read_at": now}
            return self._remember(msgspec.structs.replace(known, **moments))
        owner = await accounts.by_id(core.db, row.account_id)
        if owner is None or owner.domain == "":
            return None
        return self._remember(
            TheirKey(
                id=row.id,
                account_id=owner.id,
                owner=owner.uri,
                pem=row.public_pem,
                key=load_public(row.public_pem),
                fetched_at=row.fetched_at,
                asked_at=row.asked_at,
                read_at=now,
            )
        )

    def _remember(self, key: TheirKey) -> TheirKey:
        self._theirs[key.id] = key
        if len(self._theirs) > KEYS:
            self._theirs.popitem(last=False)
        return key
