"""Who has how much of the room for work: somebody whose work never ends must not take all of it."""

from collections import Counter


class Shares:
    """Counts what is under way by names of it, such as its sender and their server, with a bound for each."""

    def __init__(self, *bounds: int) -> None:
        self._bounds = bounds
        self._counts: list[Counter[str]] = [Counter() for _ in bounds]

    def copy(self) -> "Shares":
        """The same counts, to try out what could be taken."""
        made = Shares(*self._bounds)
        made._counts = [counts.copy() for counts in self._counts]
        return made

    def full(self) -> list[list[str]]:
        """For each kind of name, those that may have no more."""
        return [
            [name for name, count in counts.items() if count >= bound]
            for counts, bound in zip(self._counts, self._bounds, strict=True)
        ]

    def take(self, *names: str) -> bool:
        """Count one more, unless that is too much for one of its names."""
        if any(
            counts[name] >= bound
            for name, counts, bound in zip(names, self._counts, self._bounds, strict=True)
        ):
            return False
        for name, counts in zip(names, self._counts, strict=True):
            counts[name] += 1
        return True

    def give_back(self, *names: str) -> bool:
        """Count one less; answers whether one of its names has come down to half of what it may have.

        That is when to look for more: a look for each that ends would cost as much as the work.
        """
        has_room = False
        for name, counts, bound in zip(names, self._counts, self._bounds, strict=True):
            counts[name] -= 1
            has_room = has_room or counts[name] == bound // 2
            if counts[name] <= 0:
                del counts[name]
        return has_room
