"""What a data file may be: every format and compression arrives as the same rows."""

import gzip
import io
import json
from datetime import datetime
from decimal import Decimal

import pyarrow
import pyarrow.parquet
import pytest
from harness.place import Place

MIXED = """
{name}:
  dest: {name}
  columns:
    - {{dest: id, type: bigint}}
    - {{dest: name, type: text}}
    - {{dest: price, type: "numeric(10,2)"}}
    - {{dest: good, type: boolean}}
    - {{dest: born, type: date}}
    - {{dest: seen, type: timestamp}}
    - {{dest: ratio, type: float}}
  meta: {{datadatecolumn: seen, schema: {schema}}}
"""
NAMES = ["id", "name", "price", "good", "born", "seen", "ratio"]
ROWS = [
    (1, "plain", "12.50", True, "2024-02-29", "2024-03-01 00:00:00", 0.5),
    (9007199254740993, 'a "quoted", comma', "-0.01", False, None, "2024-03-01 00:00:00", None),
    (3, "zwei\nZeilen", None, None, "1999-12-31", "2024-03-01 00:00:00", -1.25),
    (4, "日本語 – ü \\ | '", "99999999.99", True, "2024-01-01", "2024-03-01 00:00:00", 1e10),
    (5, "", "0.00", False, "2024-01-01", "2024-03-01 00:00:00", 0.0),
    (6, r"\.", "1.00", False, "2024-01-01", "2024-03-01 00:00:00", 0.0),
]


def as_json() -> bytes:
    return "".join(json.dumps(dict(zip(NAMES, row)), ensure_ascii=False) + "\n" for row in ROWS).encode()


def field(value, delimiter: str) -> str:
    if value is None:
        return ""
    text = str(value).lower() if isinstance(value, bool) else str(value)
    quote = text == "" or any(c in text for c in f'{delimiter}"\n\\')
    return '"' + text.replace('"', '""') + '"' if quote else text


def as_csv(delimiter: str = ",", header: list[str] | None = None, end: str = "\n") -> bytes:
    order = [NAMES.index(n) for n in header] if header else range(len(NAMES))
    lines = [delimiter.join(header)] if header else []
    lines += [delimiter.join(field(row[i], delimiter) for i in order) for row in ROWS]
    return "".join(line + end for line in lines).encode()


def as_unload(delimiter: str = "|") -> bytes:
    def escaped(value) -> str:
        text = "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
        return "".join("\\" + c if c in f"{delimiter}\\\n" else c for c in text)

    return "".join(delimiter.join(escaped(v) for v in row) + "\n" for row in ROWS).encode()


def as_parquet() -> bytes:
    columns = list(zip(*ROWS))
    as_date = [None if d is None else datetime.strptime(d, "%Y-%m-%d").date() for d in columns[4]]
    as_time = [datetime.strptime(t, "%Y-%m-%d %H:%M:%S") for t in columns[5]]
    table = pyarrow.table({
        "id": pyarrow.array(columns[0], pyarrow.int64()),
        "name": pyarrow.array(columns[1], pyarrow.string()),
        "price": pyarrow.array([None if p is None else Decimal(p) for p in columns[2]], pyarrow.decimal128(10, 2)),
        "good": pyarrow.array(columns[3], pyarrow.bool_()),
        "born": pyarrow.array(as_date, pyarrow.date32()),
        "seen": pyarrow.array(as_time, pyarrow.timestamp("us")),
        "ratio": pyarrow.array(columns[6], pyarrow.float64()),
    })
    out = io.BytesIO()
    pyarrow.parquet.write_table(table, out)
    return out.getvalue()


def zstd(data: bytes) -> bytes:
    return pyarrow.compress(data, codec="zstd", asbytes=True)


def expected() -> list[tuple]:
    def shown(i: int, value):
        if value is None or i != 6:
            return None if value is None else str(value)
        return str(float(value))

    return sorted((tuple(shown(i, v) for i, v in enumerate(row)) for row in ROWS), key=lambda r: int(r[0]))


def loaded(place: Place) -> list[tuple]:
    return sorted(place.rows(), key=lambda r: int(r[0]))


@pytest.mark.parametrize("suffix, body, arguments", [
    ("json", as_json(), []),
    ("json.gz", gzip.compress(as_json()), []),
    ("json.gz", gzip.compress(as_json()[:100]) + gzip.compress(as_json()[100:]), []),
    ("json.zst", zstd(as_json()), []),
    ("csv", as_csv(), []),
    ("csv", as_csv(end="\r\n"), []),
    ("csv", as_csv(header=NAMES), []),
    ("csv", as_csv(header=NAMES[::-1]), []),
    ("csv", as_csv(";", header=NAMES[3:] + NAMES[:3]), ["--delimiter", ";"]),
    ("csv", as_csv("\t"), ["--delimiter", "\t"]),
    ("csv.gz", gzip.compress(as_csv(header=NAMES[::-1])), []),
    ("csv.zst", zstd(as_csv(header=NAMES[::-1])), []),
    ("gz", gzip.compress(as_unload()), []),
    ("gz", gzip.compress(as_unload("~")), ["--delimiter", "~"]),
    ("", as_unload(), []),
    ("parquet", as_parquet(), []),
], ids=lambda v: v if isinstance(v, str) else "" if isinstance(v, bytes) else "".join(v))
def test_every_format_arrives_as_the_same_rows(place, suffix, body, arguments):
    place.put("2024-03-01", body, suffix, config=MIXED)
    run = place.load(*arguments)
    assert loaded(place) == expected()
    (record,) = run.records
    assert (record["status"], record["rows"], record["bytes"]) == ("loaded", len(ROWS), len(body))


def test_an_unload_prefix_is_all_of_its_parts(place):
    for part, row in enumerate(as_unload().split(b"seen")):  # one part
        place.bucket.put(place.key("2024-03-01", "") + f"{part:04}_part_00", row)
    place.bucket.put(f"config_{place.key('2024-03-01', '')}.yml", place.config(MIXED))
    place.load()
    assert loaded(place) == expected()


def test_a_manifest_loads_exactly_its_objects(place):
    halves = as_json().splitlines(keepends=True)
    place.bucket.put("parts/a.json", b"".join(halves[:2]))
    place.bucket.put("parts/b.json", b"".join(halves[2:]))
    place.bucket.put("parts/b.json.bak", b'{"id": 77}\n')
    entries = [{"url": place.bucket.uri(f"parts/{k}.json"), "mandatory": True} for k in "ab"]
    place.put("2024-03-01", json.dumps({"entries": entries}), "manifest", config=MIXED)
    run = place.load()
    assert loaded(place) == expected()
    named = [place.bucket.uri(k) for k in ("parts/a.json", "parts/b.json", place.key("2024-03-01", "manifest"))]
    assert sorted(run.records[0]["objects"]) == named


def test_siblings_of_a_key_are_never_loaded(place):
    key = place.put("2024-03-01", as_json(), config=MIXED)
    for sibling in (key + "0", key + ".bak", key + ".json", key.replace("00:00:00Z", "00:00:00Z ")):
        place.bucket.put(sibling, b'{"id": 77, "seen": "2024-03-01"}\n')
    place.load()
    assert loaded(place) == expected()


def test_the_manifest_wins_over_other_suffixes_of_one_instant(place):
    place.put("2024-03-01", b'{"id": 77, "seen": "2024-03-01"}\n', "json", config=MIXED)
    place.put("2024-03-01", b"78,,,,,2024-03-01,\n", "csv", config=MIXED)
    place.bucket.put("parts/a.json", as_json())
    place.put("2024-03-01", json.dumps({"entries": [{"url": place.bucket.uri("parts/a.json"), "mandatory": True}]}),
              "manifest", config=MIXED)
    place.load()
    assert loaded(place) == expected()


def test_an_empty_csv_field_is_null_but_for_text(place):
    place.put("2024-03-01", "1,,,,,2024-03-01,\n", "csv", config=MIXED)
    place.load()
    assert place.rows() == [("1", "", None, None, None, "2024-03-01 00:00:00", None)]


def test_null_as_is_null_in_text(place):
    place.put("2024-03-01", "1,NA,NA,NA,NA,2024-03-01,NA\n", "csv", config=MIXED)
    place.load("--null-as", "NA")
    assert place.rows() == [("1", None, None, None, None, "2024-03-01 00:00:00", None)]
