"""Language tags."""

import pytest

from fediserver.text.language import normalise


@pytest.mark.parametrize(
    ("tag", "expected"),
    [
        ("en", "en"),
        ("EN", "en"),
        (" de ", "de"),
        ("pt-BR", "pt-BR"),
        ("pt_br", "pt-BR"),
        ("es-419", "es-419"),
        ("zh-Hant-TW", "zh-TW"),
        ("zh-Hans", "zh"),
        ("zh-YUE", "yue"),
        ("nds", "nds"),
        ("iw", "he"),
        ("de_DE.UTF-8", "de-DE"),
        ("ca-ES-valencia", "ca-ES"),
        (None, None),
        ("", None),
        ("xx", None),
        ("und", None),
        ("mul", None),
        ("e", None),
        ("english", None),
        ("en-", None),
        ("en us", None),
        ("én", None),
        ("en" + "-x" * 100, None),
    ],
)
def test_normalise(tag: str | None, expected: str | None) -> None:
    assert normalise(tag) == expected
