import pytest
from hypothesis import given
from hypothesis import strategies as st

from fediserver.signatures import dates

MOMENT = 1_618_884_475_000


@pytest.mark.parametrize(
    "text",
    [
        "Tue, 20 Apr 2021 02:07:55 GMT",
        " Tue, 20 Apr 2021 02:07:55 UTC ",
        "20 apr 2021 02:07:55 +0000",
        "Tuesday, 20-Apr-2021 02:07:55 GMT",
    ],
)
def test_dates_as_servers_send_them(text: str) -> None:
    assert dates.parse(text) == MOMENT


def test_a_leap_second_is_the_last_of_its_minute() -> None:
    assert dates.parse("Sat, 31 Dec 2016 23:59:60 GMT") == dates.parse("Sat, 31 Dec 2016 23:59:59 GMT")


@pytest.mark.parametrize(
    "text",
    ["", "now", "2021-04-20T02:07:55Z", "Tue, 20 Apr 2021 02:07:55 +0200", "Tue, 31 Feb 2021 02:07:55 GMT",
     "Tue, 20 Abc 2021 02:07:55 GMT", "Tue, 20 Apr 0000 02:07:55 GMT", "Tue, 20 Apr 2021 25:07:55 GMT",
     "Tue, 20 Apr 2021 02:07:61 GMT", "Tue, ٢٠ Apr 2021 02:07:55 GMT", "Tue, 20 Apr 2021 02:07:55 GMT" + " " * 99],
)  # fmt: skip
def test_no_dates(text: str) -> None:
    assert dates.parse(text) is None


@given(st.text(max_size=80))
def test_never_raises(text: str) -> None:
    dates.parse(text)
