"""Threads in the order in which they are shown."""

from hypothesis import given, settings
from hypothesis import strategies as st

from fediserver.db.status_lists import Knot
from fediserver.views.entities import threads

ALICE, BOB = 1, 2


def test_ancestors_run_from_the_root() -> None:
    knots = [Knot(1, None, ALICE), Knot(2, 1, BOB), Knot(3, 2, ALICE), Knot(4, 2, BOB)]
    assert threads.ancestors(knots, 3, 10) == [1, 2]
    assert threads.ancestors(knots, 3, 1) == [2]
    assert threads.ancestors(knots, 1, 10) == []


def test_a_parent_that_is_not_here_ends_the_line() -> None:
    assert threads.ancestors([Knot(5, 4, ALICE)], 5, 10) == []


def test_descendants_go_deep_first_and_own_replies_lead() -> None:
    knots = [
        Knot(1, None, ALICE),
        Knot(2, 1, BOB),
        Knot(3, 1, ALICE),
        Knot(4, 2, ALICE),
        Knot(5, 2, BOB),
        Knot(6, 5, ALICE),
    ]
    assert threads.descendants(knots, 1, 10, 10) == [3, 2, 5, 6, 4]
    assert threads.descendants(knots, 1, 2, 10) == [3, 2]
    assert threads.descendants(knots, 1, 10, 1) == [3, 2]
    assert threads.descendants(knots, 6, 10, 10) == []


@settings(max_examples=60)
@given(
    st.lists(
        st.tuples(st.integers(1, 12), st.none() | st.integers(1, 12), st.integers(1, 3)),
        max_size=20,
        unique_by=lambda knot: knot[0],
    )
)
def test_no_thread_is_endless(rows: list[tuple[int, int | None, int]]) -> None:
    knots = [Knot(*row) for row in rows]
    for knot in knots:
        above = threads.ancestors(knots, knot.id, 100)
        below = threads.descendants(knots, knot.id, 100, 100)
        assert len(set(above)) == len(above)
        assert len(set(below)) == len(below)
        assert knot.id not in below
