"""What may be an address for mail."""

import pytest

from fediserver.text.mail_address import in_one_form, is_address


@pytest.mark.parametrize(
    "text",
    ["ann@x.example", "a.n+n@x.example", "änn@bücher.example", "ann@localhost", "o'hara!#%@x.example"],
)
def test_mail_could_be_sent_there(text: str) -> None:
    assert is_address(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ann",
        "ann@",
        "@x.example",
        "ann@x.example.",
        "ann@x..example",
        "ann@-x.example",
        "a nn@x.example",
        "ann@x.example\r\nBcc: all@x.example",
        "ann\b@x.example",
        "ann\u200b@x.example",
        "ann@x.example,bob@x.example",
        "<ann@x.example>",
        "ann@y@x.example",
        f"{'a' * 65}@x.example",
        f"ann@{'x.' * 130}example",
    ],
)
def test_this_is_none(text: str) -> None:
    assert not is_address(text)


def test_every_spelling_of_a_domain_is_one() -> None:
    spellings = [
        " ann@BÜCHER.example",
        "ann@bücher.example.",
        "ann@xn--bcher-kva.example",
        "ann@bücher。example",
    ]
    assert {in_one_form(text) for text in spellings} == {"ann@xn--bcher-kva.example"}
    assert in_one_form("Ann@no host") == "Ann@no host"
