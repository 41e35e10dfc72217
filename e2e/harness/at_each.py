"""The same check at each of many places, two at a time; all that fail are told."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor


def at_each(places: Iterable, check: Callable) -> None:
    def one(place) -> str | None:
        try:
            check(place)
        except AssertionError as e:
            return f"{place}: {e}"
        return None

    found = list(places)
    with ThreadPoolExecutor(2) as pool:
        wrong = [said for said in pool.map(one, found) if said]
    assert not wrong, f"{len(wrong)} of {len(found)}:\n" + "\n".join(wrong)
