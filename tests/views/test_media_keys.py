"""Keys of other servers' files."""

import pytest

from fediserver.views import media_keys

SECRET = b"a secret of the node"


def test_a_key_opens_one_file() -> None:
    key = media_keys.key(SECRET, 7)
    assert media_keys.check(SECRET, 7, key)
    assert not media_keys.check(SECRET, 8, key)
    assert not media_keys.check(b"another", 7, key)


@pytest.mark.parametrize("given", ["", "x", "\ud800", "é" * 16])
def test_what_is_no_key_opens_nothing(given: str) -> None:
    assert not media_keys.check(SECRET, 7, given)
