"""What the node says in other languages: gettext's catalogues, which the pages and the mail read."""

import gettext
from functools import cache
from importlib import resources
from pathlib import Path

_DOMAIN = "fediserver"


@cache
def languages() -> frozenset[str]:
    """Codes of the languages that we write, English among them."""
    found = _folder().glob("*/LC_MESSAGES/*.mo")
    return frozenset({"en", *(path.parent.parent.name for path in found)})


@cache
def translations(language: str) -> gettext.NullTranslations:
    """The catalogue of a language; English for one that we do not write."""
    return gettext.translation(_DOMAIN, str(_folder()), [language], fallback=True)


def _folder() -> Path:
    # A Path, as gettext opens files by itself; the package is always installed as files.
    return Path(str(resources.files("fediserver") / "locale"))
