"""Keys in memory: loading a key costs more than using it."""

from collections import OrderedDict

import msgspec

from fediserver.actions.core import Core
from fediserver.db import accounts
from fediserver.errors import NotFound
from fediserver.signatures.keys import PrivateKey, PublicKey, load_private, load_public

KEYS = 20_000
"""Public keys that are remembered: about 60 MB would be 20,000, but most nodes know far fewer."""


class SigningKey(msgspec.Struct, frozen=True):
    """A key of ours and the id under which others find it."""

    id: str
    key: PrivateKey


class TheirKey(msgspec.Struct, frozen=True):
    """A key of somebody else and whose it is."""

    id: str
    account_id: int
    owner: str
    key: PublicKey
    fetched_at: int


class Keyring:
    """Our private keys by account, and the public keys of others by id."""

    def __init__(self) -> None:
        self._ours: dict[int, SigningKey] = {}
        self._theirs: OrderedDict[str, TheirKey] = OrderedDict()

    async def ours(self, core: Core, account_id: int) -> SigningKey:
        """The RSA key that an account of ours signs with."""
        known = self._ours.get(account_id)
        if known is None:
            for row in await accounts.keys(core.db, account_id):
                if row.algorithm == "rsa" and row.private_pem:
                    known = self._ours[account_id] = SigningKey(row.id, load_private(row.private_pem))
        if known is None:
            raise NotFound(f"account {account_id} has no key to sign with")
        return known

    async def theirs(self, core: Core, key_id: str) -> TheirKey | None:
        """Somebody's key, from memory or from the database."""
        known = self._theirs.get(key_id)
        if known is not None:
            self._theirs.move_to_end(key_id)
            return known
        row = await accounts.key(core.db, key_id)
        owner = await accounts.by_id(core.db, row.account_id) if row else None
        if row is None or owner is None or owner.domain == "":
            return None
        return self.remember(
            TheirKey(row.id, owner.id, owner.uri, load_public(row.public_pem), row.fetched_at)
        )

    def remember(self, key: TheirKey) -> TheirKey:
        """Keep a key in memory."""
        self._theirs[key.id] = key
        if len(self._theirs) > KEYS:
            self._theirs.popitem(last=False)
        return key

    def forget(self, key_id: str) -> None:
        """Read this key from the database again."""
        self._theirs.pop(key_id, None)
