"""penstock upsert of Parquet files that pyarrow wrote, seen by psycopg."""

import datetime as dt
import decimal
import json
import math
import random
import uuid
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from harness.upsert_table import FIRST, SECOND, counts

D = decimal.Decimal


def parquet(table, data: pa.Table | dict, **how) -> str:
    path = table.file(b"", "parquet")
    pq.write_table(data if isinstance(data, pa.Table) else pa.table(data), path, **how)
    return path


def values(table, columns: str = "*", order: str = "1") -> list[tuple]:
    """As psycopg's own types."""
    return table.place.connection.execute(
        f"SELECT {columns} FROM {table.place.schema}.{table.name} ORDER BY {order}").fetchall()


def test_the_candies_twice(table):
    table.create("id int, candy varchar(100)")
    first = table.upsert(parquet(table, {"candy": [c for _, c in FIRST], "id": [1, 2, 3]}), "--key", "id")
    assert counts(first) == (3, 3, 0, 0)
    assert table.rows() == FIRST
    second = table.upsert(parquet(table, {"ID": [2, 4], "Candy": ["Reese's", "Mars"]}), "--key", "id")
    assert counts(second) == (2, 1, 1, 0)
    assert table.rows() == SECOND


def test_null_is_not_empty_text(table):
    table.create("id int, a varchar(20), b int")
    table.upsert(parquet(table, {"id": [1, 2, 3, 4], "a": [None, "", "\\N", "a,\"b\"\r\n\\"], "b": [None, 0, 1, 2]}),
                 "--key", "id")
    assert values(table) == [(1, None, None), (2, "", 0), (3, "\\N", 1), (4, "a,\"b\"\r\n\\", 2)]


def utc(*when: int) -> dt.datetime:
    return dt.datetime(*when, tzinfo=dt.timezone.utc)


# name: Arrow's type, the table's, values with what must be read back where that is another
TYPES = {
    "b": (pa.bool_(), "boolean", [True, False, None]),
    "i8": (pa.int8(), "smallint", [-128, 127, None]),
    "u8": (pa.uint8(), "smallint", [0, 255, None]),
    "i16": (pa.int16(), "smallint", [-32768, 32767, None]),
    "u16": (pa.uint16(), "int", [0, 65535, None]),
    "i32": (pa.int32(), "int", [-2**31, 2**31 - 1, None]),
    "u32": (pa.uint32(), "bigint", [0, 2**32 - 1, None]),
    "i64": (pa.int64(), "bigint", [-2**63, 2**63 - 1, None]),
    "u64": (pa.uint64(), "decimal(20,0)", [0, 2**64 - 1, None]),
    "f32": (pa.float32(), "real", [1.5, -0.15625, None]),
    "f64": (pa.float64(), "double precision", [0.1, 1.7976931348623157e308, 1e-300, math.inf, -math.inf, None]),
    "fd": (pa.float64(), "decimal(38,10)", [1e20, 1e-7, None], [D("1e20"), D("1e-7"), None]),
    "fi": (pa.float64(), "int", [3.0, -7.0, None], [3, -7, None]),
    "bi": (pa.bool_(), "int", [True, False, None], [1, 0, None]),
    "d": (pa.decimal128(38, 10), "decimal(38,10)", [D("-1234567890123456789012345678.0123456789"), D(0), None]),
    "d256": (pa.decimal256(40, 2), "decimal(38,2)", [D("123456789012345678901234567890123456.78"), None]),
    "s": (pa.string(), "varchar(200)", ["", "é\n\"'\\,\t", "NULL", "\N{GRINNING FACE}" * 50, None]),
    "ls": (pa.large_string(), "varchar(20)", ["a", None]),
    "cat": (pa.dictionary(pa.int8(), pa.string()), "varchar(9)", ["red", "green", "red", None]),
    "bin": (pa.binary(), "varchar(9)", [b"bytes", None], ["bytes", None]),
    "day": (pa.date32(), "date", [dt.date(1, 1, 1), dt.date(9999, 12, 31), dt.date(2024, 2, 29), None]),
    "dts": (pa.date32(), "timestamp", [dt.date(2024, 2, 29), None], [dt.datetime(2024, 2, 29), None]),
    "tsd": (pa.timestamp("ns"), "date", [dt.datetime(2024, 2, 29), None], [dt.date(2024, 2, 29), None]),
    "t": (pa.time64("us"), "time", [dt.time(0), dt.time(23, 59, 59, 999999), None]),
    "t32": (pa.time32("ms"), "time", [dt.time(1, 2, 3, 4000), None]),
    "ts_s": (pa.timestamp("s"), "timestamp", [dt.datetime(1969, 12, 31, 23, 59, 59), None]),
    "ts_us": (pa.timestamp("us"), "timestamp", [dt.datetime(1, 1, 1), dt.datetime(9999, 12, 31, 23, 59, 59, 999999)]),
    "ts_ns": (pa.timestamp("ns"), "timestamp", [dt.datetime(2262, 1, 1, 0, 0, 0, 1), None]),
    "tz": (pa.timestamp("us", "Europe/Berlin"), "timestamptz", [utc(2024, 7, 1, 12), None]),
    "tzp": (pa.timestamp("us", "Europe/Berlin"), "timestamp", [utc(2024, 7, 1, 12)], [dt.datetime(2024, 7, 1, 12)]),
    "uid": (pa.uuid(), "varchar(36)", [uuid.UUID(int=7).bytes, None], [str(uuid.UUID(int=7)), None]),
    "n": (pa.null(), "varchar(9)", [None]),
}


def cyclic(items: list, count: int) -> list:
    return [items[i % len(items)] for i in range(count)]


def test_every_type_is_read_back_as_it_was(table):
    rows = 12
    table.create("id int, " + ", ".join(f"{name} {of[1]}" for name, of in TYPES.items()))
    data = {"id": pa.array(range(rows), pa.int32())}
    for name, of in TYPES.items():
        if of[0] == pa.uuid():
            storage = pa.array(cyclic(of[2], rows), pa.binary(16))
            data[name] = pa.ExtensionArray.from_storage(pa.uuid(), storage)
        else:
            data[name] = pa.array(cyclic(of[2], rows), of[0])
    path = parquet(table, data, row_group_size=5)
    assert counts(table.upsert(path, "--key", "id")) == (rows, rows, 0, 0)
    for name, of in TYPES.items():
        got = [value for _, value in values(table, f"id, {name}")]
        assert got == cyclic(of[-1], rows), name
    assert counts(table.upsert(path, "--key", "id")) == (rows, 0, rows, 0)


def test_lists_structs_and_maps_are_super(table):
    table.create("id int, l super, s super, m super, j super, v varchar(50)")
    kind = pa.struct([("a", pa.int64()), ("b\"", pa.list_(pa.decimal128(20, 2)))])
    deep = [{"a": 2**63 - 1, "b\"": [D("123456789012345678.10"), None]}, None]
    path = parquet(table, pa.table({
        "id": [1, 2],
        "l": pa.array([["x", "\n\\\"é", None], []], pa.list_(pa.string())),
        "s": pa.array(deep, kind),
        "m": pa.array([[("k", dt.date(2024, 2, 29))], None], pa.map_(pa.string(), pa.date32())),
        "j": ["{\"of\": [1]}", "12.50"],
        "v": pa.array([[1, 2], None], pa.list_(pa.int8())),
    }))
    table.upsert(path, "--key", "id")
    texts = values(table, "id, json_serialize(l), json_serialize(s), json_serialize(m), json_serialize(j), v")
    assert json.loads(texts[0][1]) == ["x", "\n\\\"é", None] and texts[1][1] == "[]"
    assert texts[0][2] == '{"a":9223372036854775807,"b\\"":[123456789012345678.10,null]}' and texts[1][2] is None
    assert texts[0][3] == '{"k":"2024-02-29"}'
    assert texts[0][4].replace(" ", "") == '{"of":[1]}' and texts[1][4] == "12.50"
    assert texts[0][5] == "[1,2]"


def test_several_files_by_a_glob_in_any_order_of_their_columns(table):
    table.create("id bigint, candy varchar(100)")
    parquet(table, {"id": [1, 2], "candy": ["a", "b"]})
    parquet(table, {"candy": ["c"], "id": pa.array([3], pa.int8())})
    parquet(table, {"candy": pa.array([], pa.string()), "id": pa.array([], pa.int8())})
    assert counts(table.upsert(str(table.tmp / "*.parquet"), "--key", "id")) == (3, 3, 0, 0)
    assert values(table) == [(1, "a"), (2, "b"), (3, "c")]
    other = parquet(table, {"candy": ["c"], "no": [3]})
    said = table.upsert(str(table.tmp / "*.parquet"), "--key", "id", code=1)["said"]
    assert f"{other} has no column id" in said and "has no column no" in said and "one after the other" in said


def test_the_last_of_several_records_of_a_key_is_by_its_place_in_all_files(table):
    table.create("id int, n int")
    rows = 5000
    for file in range(2):
        parquet(table, {"id": [i % 100 for i in range(rows)], "n": [file * rows + i for i in range(rows)]},
                row_group_size=700)
    outcome = table.upsert(str(table.tmp / "*.parquet"), "--key", "id", "--duplicates", "last", "--memory", "8")
    assert counts(outcome) == (2 * rows, 100, 0, 2 * rows - 100)
    assert values(table) == [(i, 2 * rows - 100 + i) for i in range(100)]


def test_only_the_columns_that_are_asked_for(table):
    table.create("id int, candy varchar(100)")
    path = parquet(table, {"__index_level_0__": [0], "id": [1], "took": pa.array([1], pa.duration("s")),
                           "candy": ["Mars"]})
    said = table.upsert(path, "--key", "id", code=1)["said"]
    assert "no column __index_level_0__, took" in said and "nothing was changed" in said
    table.upsert(path, "--key", "id", "--columns", "ID,candy")
    assert values(table) == [(1, "Mars")]
    assert "has no column nix" in table.upsert(path, "--key", "id", "--columns", "id,nix", code=1)["said"]


def test_what_does_not_fit_is_said_at_once_and_before_anything_is_read(table):
    table.create("id int, a int, b date, c varchar(9)")
    path = parquet(table, {"id": [1], "a": [[1]], "b": [1.5], "c": pa.array([1], pa.duration("s"))})
    said = table.upsert(path, "--key", "id", code=1)["said"]
    for why in ["column a: list<element: int64> does not go into integer", "column b: double does not go into date",
                "column c: nothing in Redshift holds duration[s]", "nothing was changed"]:
        assert why in said, said


def test_a_value_that_has_no_exact_text_is_refused_with_its_row(table):
    table.create("id int, at timestamp")
    path = parquet(table, {"id": list(range(3000)),
                           "at": pa.array([1000] * 2000 + [1001] + [1000] * 999, pa.timestamp("ns"))})
    said = table.upsert(path, "--key", "id", code=1)["said"]
    assert f"{path} row 2001, column at: 1001 nanoseconds are no whole microseconds; nothing was changed" in said
    assert values(table) == []


def test_a_broken_file_among_others_changes_nothing(table):
    table.create("id int, candy varchar(100)")
    parquet(table, {"id": [1, 2], "candy": ["a", "b"]})
    whole = Path(parquet(table, {"id": list(range(1000)), "candy": [f"c{i}" for i in range(1000)]}))
    good = whole.read_bytes()
    for broken in [good[:-1], good[:len(good) // 2], b"PAR1", b"", good[:100] + bytes(200) + good[300:]]:
        whole.write_bytes(broken)
        said = table.upsert(str(table.tmp / "*.parquet"), "--key", "id", code=1)["said"]
        assert whole.name in said and "nothing was changed" in said, said
    assert values(table) == []


def test_what_is_refused_before_anything_is_read(table):
    table.create("id int")
    path = parquet(table, {"id": [1]})
    said = table.upsert(path, "--key", "id", "--delimiter", "|", "--null-as", "NA", code=2)["said"]
    assert "the source is Parquet, in which --delimiter, --null-as would say nothing" in said
    assert "stdin" in table.upsert("-", "--key", "id", "--format", "parquet", code=2, stdin="")["said"]
    assert "different formats" in table.upsert(path, table.file("id\n1\n"), "--key", "id", code=2)["said"]
    assert "unpack it first" in table.upsert(table.file(b"", "parquet.gz"), "--key", "id", code=2)["said"]
    renamed = table.tmp / "data"
    Path(path).rename(renamed)
    table.upsert(str(renamed), "--key", "id", "--format", "parquet")
    assert values(table) == [(1,)]


def random_text(dice: random.Random) -> str | None:
    if dice.random() < 0.1:
        return None
    return "".join(dice.choice("ab,\"'\\\n\r\t |é\N{GRINNING FACE}") for _ in range(dice.randrange(12)))


def test_random_batches_are_last_write_wins(table):
    """Batches in random row groups, pages, encodings and sizes, against a dict."""
    table.create("id int, t varchar(100), n decimal(18,4), at timestamp")
    dice = random.Random(7)
    held = {}
    for _ in range(4):
        rows = [(dice.randrange(300), random_text(dice),
                 None if dice.random() < 0.1 else D(dice.randrange(-10**15, 10**15)).scaleb(-4),
                 dt.datetime(2000, 1, 1) + dt.timedelta(microseconds=dice.randrange(10**15)))
                for _ in range(dice.randrange(1, 2000))]
        schema = pa.schema({"id": pa.int64(), "t": pa.string(), "n": pa.decimal128(18, 4), "at": pa.timestamp("us")})
        columns = list(zip(*rows))
        path = parquet(table, pa.table([pa.array(c, f.type) for c, f in zip(columns, schema)], schema=schema),
                       row_group_size=dice.randrange(1, 900), use_dictionary=dice.random() < 0.5,
                       data_page_size=dice.choice([100, 10_000]), data_page_version=dice.choice(["1.0", "2.0"]),
                       compression=dice.choice(["none", "snappy", "gzip", "zstd", "brotli", "lz4"]))
        outcome = table.upsert(path, "--key", "id", "--duplicates", "last")
        before = len(held)
        held.update({row[0]: row for row in rows})
        given = len({row[0] for row in rows})
        assert counts(outcome) == (len(rows), len(held) - before, given - (len(held) - before), len(rows) - given)
        assert values(table) == [held[key] for key in sorted(held)]


def test_a_decimal_is_not_cut_off(table):
    table.create("id int, n decimal(10,2)")
    taken = parquet(table, {"id": [1], "n": pa.array([D("1.230")], pa.decimal128(10, 3))})
    table.upsert(taken, "--key", "id")
    said = table.upsert(parquet(table, {"id": [2], "n": pa.array([D("1.234")], pa.decimal128(10, 3))}), "--key", "id",
                        code=1)["said"]
    assert "row 1, column n: 1.234 has more digits behind its point than the column's 2" in said
    assert values(table) == [(1, D("1.23"))]


def test_a_table_is_made_of_what_several_files_have(table):
    parquet(table, {"id": pa.array([1], pa.int8()), "t": ["abc"], "n": pa.nulls(1), "l": [[1]]})
    parquet(table, {"l": [[2]], "n": [0.5], "t": ["x" * 50], "id": pa.array([2**40], pa.int64())})
    table.upsert(str(table.tmp / "*.parquet"), "--key", "id", "--create")
    columns = dict(table.place.connection.execute(
        "SELECT column_name, data_type || coalesce('(' || character_maximum_length || ')', '') "
        "FROM information_schema.columns WHERE table_schema = %s AND table_name = %s",
        (table.place.schema, table.name)).fetchall())
    assert columns["id"] == "bigint" and columns["t"] == "character varying(128)"
    assert columns["n"] == "double precision"
    assert values(table, "id, t, n, json_serialize(l)") == [(1, "abc", None, "[1]"), (2**40, "x" * 50, 0.5, "[2]")]
    parquet(table, {"id": [dt.date(2024, 2, 29)], "t": ["x"], "n": [1], "l": [[1]]})
    table.place.connection.execute(f"DROP TABLE {table.place.schema}.{table.name}")
    said = table.upsert(str(table.tmp / "*.parquet"), "--key", "id", "--create", code=1)["said"]
    assert "column id is bigint in" in said and "date in" in said and "no type of a table takes both" in said
