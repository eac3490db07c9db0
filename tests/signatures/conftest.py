"""Two key pairs, one of each kind, made once."""

import pytest

from fediserver.signatures import keys


@pytest.fixture(scope="session")
def rsa() -> keys.KeyPair:
    return keys.generate_rsa()


@pytest.fixture(scope="session")
def ed25519() -> keys.KeyPair:
    return keys.generate_ed25519()
