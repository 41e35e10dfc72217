"""The flows whose every message is hurt: what was there before, and the load that is hurt."""

from collections.abc import Callable
from dataclasses import dataclass, field

from .place import EVENTS, Place, events, json_lines

WIDER = EVENTS.replace("  meta:", "    - {{dest: colour, type: text}}\n    - {{dest: size, type: int}}\n  meta:")


@dataclass
class Flow:
    name: str
    prepare: Callable[[Place], None]
    arguments: list[str] = field(default_factory=list)
    loads_again: bool = False  # a run after a committed one loads once more, and replaces what it loaded
    rows_before: int = 0
    rows_after: int = 0


def first_load(place: Place) -> None:
    place.put_events("2024-01-01")


def replaced_by_force(place: Place) -> None:
    place.put_events("2024-01-01")
    place.load("--no-maintenance")
    place.put_events("2024-01-01", first=10, count=5)


def replaced_within_the_day(place: Place) -> None:
    place.put("2024-01-01T03:00:00Z", json_lines(events("2024-01-01T03:00:00")))
    place.load("--no-maintenance", "--granularity", "day")
    place.put("2024-01-01T05:00:00Z", json_lines(events("2024-01-01T05:00:00", first=10, count=5)))


def new_columns(place: Place) -> None:
    place.put_events("2024-01-01")
    place.load("--no-maintenance")
    more = [{**e, "colour": "red", "size": 4} for e in events("2024-01-02", first=4, count=2)]
    place.put("2024-01-02", json_lines(more), config=WIDER)


FLOWS = [
    Flow("first load", first_load, rows_before=0, rows_after=3),
    Flow("replace by force", replaced_by_force, ["--force"], loads_again=True, rows_before=3, rows_after=5),
    Flow("replace within the day", replaced_within_the_day, ["--granularity", "day"], rows_before=3, rows_after=5),
    Flow("new columns", new_columns, rows_before=3, rows_after=5),
]
