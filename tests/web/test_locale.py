import gettext
import io
from functools import cache
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

import fediserver
from fediserver.web.pages import authorize, data, kit

HERE = Path(fediserver.__file__).parent
CATALOGUES = sorted(HERE.glob("locale/*/LC_MESSAGES/fediserver.po"))
METHODS = [("views/**.py", "python"), ("web/**.py", "python"), ("web/templates/**.html", "jinja2")]
# What Python says without a literal of its own at that place.
SAID = {
    "just now",
    "%(count)s min",
    "%(count)s h",
    "%(count)s d",
    "This did not work",
    *kit._HEADINGS.values(),
    *(text for _, text in authorize._ABILITIES),
    *data._NAMES.values(),
}


@cache
def wanted() -> set[str]:
    """The message ids of every template, page and mail; of those with a plural, the singular."""
    options = {"web/templates/**.html": {"trimmed": "true"}}
    keywords = {"_": None, "gettext": None, "ngettext": (1, 2), "say": None}
    found = extract_from_dir(HERE, METHODS, options, keywords)
    ids = [message for _, _, message, _, _ in found]
    return SAID | {one if isinstance(one, str) else one[0] for one in ids}


def read(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file)


def messages(found: gettext.GNUTranslations) -> dict[object, str]:
    """What a compiled catalogue says, but for its header, which holds the time of compiling."""
    return {key: text for key, text in vars(found)["_catalog"].items() if key}


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.parent.parent.name)
def test_every_string_is_translated(path: Path) -> None:
    catalogue = read(path)
    known = {one.id if isinstance(one.id, str) else one.id[0]: one for one in catalogue if one.id}
    assert wanted() - known.keys() == set()
    for message in known.values():
        assert message.string, message.id
        assert not message.fuzzy, message.id
        assert not list(message.check(catalogue)), message.id


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.parent.parent.name)
def test_the_compiled_catalogue_is_up_to_date(path: Path) -> None:
    made = io.BytesIO()
    write_mo(made, read(path))
    made.seek(0)
    with path.with_suffix(".mo").open("rb") as file:
        kept = gettext.GNUTranslations(file)
    assert messages(kept) == messages(gettext.GNUTranslations(made))


def test_there_are_strings_to_translate() -> None:
    assert len(wanted()) > 100
    assert CATALOGUES
