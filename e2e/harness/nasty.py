"""One table of values that formats like to spoil, written and read by pyarrow and the standard library, never by us.

Each column has a kind, and `canonical` makes of whatever a format or driver gives for a value of that kind one Python
value: two tables are the same if these are equal. -0.0 is not 0.0, NULL is not "", and no digit is lost.
"""

import bz2
import csv
import datetime
import gzip
import io
import json
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, time
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.csv
import pyarrow.orc
import pyarrow.parquet

ODD = 'odd "näme", 日 x'
KINDS = {"id": "integer", "flag": "boolean", "small": "integer", "num": "integer", "big": "integer", "price": "decimal",
         "ratio": "double", "day": "date", "at": "timestamp", "zoned": "zoned", "clock": "time", "words": "text",
         "doc": "json", ODD: "text"}
ARROW = {"id": pa.int32(), "flag": pa.bool_(), "small": pa.int16(), "num": pa.int32(), "big": pa.int64(),
         "price": pa.decimal128(38, 10), "ratio": pa.float64(), "day": pa.date32(), "at": pa.timestamp("us"),
         "zoned": pa.timestamp("us", "UTC"), "clock": pa.time64("us"), "words": pa.string(), "doc": pa.string(),
         ODD: pa.string()}
SQL = {"id": "integer", "flag": "boolean", "small": "smallint", "num": "integer", "big": "bigint",
       "price": "numeric(38,10)", "ratio": "double precision", "day": "date", "at": "timestamp", "zoned": "timestamptz",
       "clock": "time", "words": "varchar(65535)", "doc": "super", ODD: "varchar(256)"}
TEXTS = [  # of `words`, and of the column with the odd name
    ("plain", "x"),
    ('a,b "c"\nnext\r\nline\tand a tab', 'a|b;c\n'),
    (None, None),
    ("", ""),
    ("\\N", "NULL"),
    ("  blanks around  ", "\\"),
    ("😀 e\u0301 日本 👨\u200d👩\u200d👧 \u202eRTL", "O'Reilly; DROP TABLE x --"),
    ("é" * 32767 + "x", "\\.\n"),
    ("\\.", "\x01\x7f\x1b"),
    ('"', '""'),
    ("nan", "{}"),
    ("\ufeffbyte order mark", "\r"),
    ("null", "\\n\\t\\\\"),
    (None, ""),
    ("", None),
]
DOCS = ['{"n":12345678901234567890123456789012345678,"f":0.1000,"u":"ü\\n\\"q\\"","a":[1,null,{"deep":[]}]}', "{}", None,
        '{"a":"","b":null}', "[1,2.50,-3]", '{"t":true}', '{"🙂":"\\\\"}']


@dataclass(frozen=True)
class Table:
    columns: list[str]
    rows: list[tuple]

    def without(self, *names: str) -> "Table":
        kept = [i for i, name in enumerate(self.columns) if name not in names]
        return Table([self.columns[i] for i in kept], [tuple(row[i] for i in kept) for row in self.rows])


def nasty(*, nanoseconds: bool = False) -> Table:
    """nanoseconds: only instants that 64 bits of nanoseconds hold, which is all that ORC's readers do."""
    moment = datetime.datetime
    first, last = (moment(1700, 1, 1, 0, 0, 0, 1), moment(2261, 12, 31, 23, 59, 59, 999999)) if nanoseconds else (
        moment(1, 1, 1, 0, 0, 0, 1), moment(9999, 12, 31, 23, 59, 59, 999999))
    scalars = [
        (True, 32767, 2**31 - 1, 2**63 - 1, Decimal("1234567890123456789012345678.0123456789"), 0.1, date(1, 1, 1), first,
         first.replace(tzinfo=UTC), time(0)),
        (False, -32768, -2**31, -2**63, Decimal("-9999999999999999999999999999.9999999999"), -0.0, date(9999, 12, 31),
         last, last.replace(tzinfo=UTC), time(23, 59, 59, 999999)),
        (None,) * 10,
        (True, 0, 0, 0, Decimal("0.0000000001"), 1.7976931348623157e308, date(1969, 12, 31),
         moment(1969, 12, 31, 23, 59, 59, 999999), moment(2024, 3, 31, 1, 30, tzinfo=UTC), time(12, 30)),
        (False, 1, -1, 1, Decimal("-0.5"), 2.2250738585072014e-308, date(2024, 2, 29), moment(2024, 2, 29, 12, 0, 0, 120000),
         moment(2024, 10, 27, 0, 30, 0, 500000, tzinfo=UTC), time(1, 2, 3, 40)),
        (True, -7, 7, 9007199254740993, Decimal("7922816251426433759354395033.6"), 0.30000000000000004, date(1582, 10, 10),
         moment(2000, 1, 1), moment(2000, 1, 1, tzinfo=UTC), time(23, 0, 0, 1)),
    ]
    rows = []
    for i, (words, odd) in enumerate(TEXTS):
        rows.append((i + 1, *scalars[i % len(scalars)], words, DOCS[i % len(DOCS)], odd))
    return Table(list(KINDS), rows)


# --- what values are, whoever gives them

BOOLEANS = {"true": True, "t": True, "false": False, "f": False}


def canonical_number(value: Any) -> Decimal:
    assert not isinstance(value, float), f"{value!r} went through a double"
    return Decimal(value)


def load_json(text: str) -> Any:
    return json.loads(text, parse_float=Decimal, parse_int=Decimal)


def zoned(value: Any) -> datetime.datetime:
    moment = value if isinstance(value, datetime.datetime) else datetime.datetime.fromisoformat(value)
    assert moment.tzinfo is not None, f"{value!r} lost its zone"
    return moment.astimezone(UTC)


def naive(value: Any) -> datetime.datetime:
    moment = value if isinstance(value, datetime.datetime) else datetime.datetime.fromisoformat(value)
    assert moment.tzinfo is None, f"{value!r} got a zone"
    return moment


CANONICAL: dict[str, Callable[[Any], Any]] = {
    "integer": lambda v: int(canonical_number(v)),
    "boolean": lambda v: v if isinstance(v, bool) else BOOLEANS[v],
    "decimal": canonical_number,
    "double": lambda v: "nan" if float(v) != float(v) else struct.pack(">d", float(v)),
    "date": lambda v: v if isinstance(v, date) else date.fromisoformat(v),
    "timestamp": naive,
    "zoned": zoned,
    "time": lambda v: v if isinstance(v, time) else time.fromisoformat(v),
    "text": lambda v: v,
    "json": lambda v: load_json(v) if isinstance(v, str) else v,
}


def canonical(table: Table, kinds: dict[str, str] = KINDS) -> list[dict]:
    """By column name, in the order of id."""
    assert len(set(table.columns)) == len(table.columns), table.columns
    make = [(name, CANONICAL[kinds[name]]) for name in table.columns]
    rows = [{name: None if value is None else f(value) for (name, f), value in zip(make, row, strict=True)}
            for row in table.rows]
    return sorted(rows, key=lambda row: row["id"])


# --- written

def text_of(kind: str, value: Any) -> str:
    if kind == "boolean":
        return "true" if value else "false"
    if kind == "double":
        return repr(value) if value == value and abs(value) != float("inf") else {"nan": "NaN", "inf": "Infinity",
                                                                                  "-inf": "-Infinity"}[repr(value)]
    if kind in ("timestamp", "zoned"):
        return value.isoformat(" ")
    return value.isoformat() if kind in ("date", "time") else str(value)


def csv_bytes(table: Table, delimiter: str = ",", kinds: dict[str, str] = KINDS) -> bytes:
    def field(kind: str, value: Any) -> str:
        if value is None:
            return ""
        text = text_of(kind, value)
        special = not text or any(c in text for c in f'"\r\n{delimiter}') or text.strip() != text
        return '"' + text.replace('"', '""') + '"' if special else text

    lines = [[field("text", name) for name in table.columns],
             *([field(kinds[name], value) for name, value in zip(table.columns, row)] for row in table.rows)]
    return "".join(delimiter.join(line) + "\n" for line in lines).encode()


def json_bytes(table: Table, kinds: dict[str, str] = KINDS) -> bytes:
    def member(kind: str, value: Any) -> str:
        if value is None:
            return "null"
        text = text_of(kind, value)
        return text if kind in ("integer", "boolean", "decimal", "double", "json") else json.dumps(
            text, ensure_ascii=kind == "date")

    return "".join("{" + ", ".join(f"{json.dumps(name, ensure_ascii=False)}: {member(kinds[name], value)}"
                                   for name, value in zip(table.columns, row)) + "}\n" for row in table.rows).encode()


def arrow_table(table: Table, types: dict[str, pa.DataType] = ARROW) -> pa.Table:
    return pa.table({name: pa.array([row[i] for row in table.rows], types[name]) for i, name in enumerate(table.columns)})


def compressed(codec: str, data: bytes) -> bytes:
    if codec == "zst":
        return pa.compress(data, "zstd", asbytes=True)
    return {"": lambda d: d, "gz": gzip.compress, "bz2": bz2.compress}[codec](data)


def file_bytes(suffix: str, table: Table, kinds: dict[str, str] = KINDS,
               types: dict[str, pa.DataType] = ARROW) -> bytes:
    """suffix: csv, tsv, jsonl, with .gz and the like, parquet, orc."""
    form, _, codec = suffix.partition(".")
    if form in ("parquet", "orc"):
        out = io.BytesIO()
        write = pa.parquet.write_table if form == "parquet" else pa.orc.write_table
        write(arrow_table(table, types), out)
        return out.getvalue()
    text = json_bytes(table, kinds) if form == "jsonl" else csv_bytes(table, "\t" if form == "tsv" else ",", kinds)
    return compressed(codec, text)


# --- read

def decompressed(codec: str, data: bytes) -> bytes:
    if not codec:
        return data
    name = {"gz": "gzip", "zst": "zstd", "bz2": "bz2"}[codec]
    return pa.CompressedInputStream(pa.BufferReader(data), name).read()


def read_csv(data: bytes, delimiter: str) -> Table:
    header = next(csv.reader(io.StringIO(data.decode(), newline=""), delimiter=delimiter))
    read = pa.csv.read_csv(
        pa.BufferReader(data), pa.csv.ReadOptions(block_size=len(data) + 1),
        pa.csv.ParseOptions(delimiter=delimiter, newlines_in_values=True),
        pa.csv.ConvertOptions(column_types={name: pa.string() for name in header}, strings_can_be_null=True,
                              quoted_strings_can_be_null=False, null_values=[""]))
    return of_arrow(read)


def of_arrow(table: pa.Table) -> Table:
    return Table(table.column_names, list(zip(*(column.to_pylist() for column in table.columns), strict=True)))


def read_json(data: bytes) -> Table:
    lines = data.decode().split("\n")
    assert lines[-1] == "", "the last line has an end"
    rows = [load_json(line) for line in lines[:-1]]
    columns = list(rows[0]) if rows else []
    return Table(columns, [tuple(row.get(name) for name in columns) for row in rows])


def read_file(suffix: str, data: bytes) -> Table:
    form, _, codec = suffix.partition(".")
    if form == "parquet":
        return of_arrow(pa.parquet.read_table(pa.BufferReader(data)))
    if form == "orc":
        return of_arrow(pa.orc.read_table(pa.BufferReader(data)))
    text = decompressed(codec, data)
    return read_json(text) if form == "jsonl" else read_csv(text, "\t" if form == "tsv" else ",")


def joined(tables: Iterator[Table]) -> Table:
    """The parts of one."""
    parts = list(tables)
    assert all(part.columns == parts[0].columns for part in parts)
    return Table(parts[0].columns, [row for part in parts for row in part.rows])
