"""Data frames into tables by the package `penstock`: pandas, polars, pyarrow, DuckDB and batches, read back by psycopg."""

import datetime as dt
import decimal
import json
import threading

import duckdb
import numpy as np
import pandas as pd
import penstock
import polars as pl
import pyarrow as pa
import pytest

D = decimal.Decimal
DAY = dt.datetime(2024, 2, 29, 12, 30, 15, 250000)
ROWS = [(1, "Snickers", D("1.50"), DAY, True), (2, None, None, None, None), (3, "", D("-0.05"), DAY, False)]
COLUMNS = "id int, candy varchar(100), price decimal(18,2), at timestamp, good boolean"
DATA = {"id": [1, 2, 3], "candy": ["Snickers", None, ""], "price": [D("1.50"), None, D("-0.05")],
        "at": [DAY, None, DAY], "good": [True, None, False]}


@pytest.fixture
def upsert(table, local_redshift):
    """upsert(frame, columns): into a table of these columns, or one that it makes."""
    environment = {**local_redshift.environment, **table.environment}

    def call(source, columns: str | None = COLUMNS, key="id", **how) -> penstock.UpsertOutcome:
        if columns is not None:
            table.create(columns)
        outcome = penstock.upsert(source, f"{table.place.schema}.{table.name}", key=key, maintenance=False,
                                  environment=environment, **how)
        assert table.staged() == [], "nothing that was staged stays"
        return outcome

    return call


def values(table, columns: str = "*") -> list[tuple]:
    """As psycopg's own types, by the first column."""
    return table.place.connection.execute(
        f"SELECT {columns} FROM {table.place.schema}.{table.name} ORDER BY 1").fetchall()


def arrow_table() -> pa.Table:
    return pa.table({"id": pa.array(DATA["id"], pa.int32()), "candy": DATA["candy"],
                     "price": pa.array(DATA["price"], pa.decimal128(18, 2)), "at": pa.array(DATA["at"], pa.timestamp("us")),
                     "good": DATA["good"]})


FRAMES = {
    "pyarrow.Table": arrow_table,
    "pyarrow.RecordBatch": lambda: arrow_table().to_batches()[0],
    "pyarrow.RecordBatchReader": lambda: arrow_table().to_reader(),
    "pandas": lambda: pd.DataFrame(DATA),
    "pandas of numpy and objects": lambda: pd.DataFrame({
        "id": np.array([1, 2, 3]), "candy": pd.Series(DATA["candy"], dtype=object),
        "price": pd.Series(DATA["price"], dtype=object), "at": pd.Series(DATA["at"]).astype("datetime64[ns]"),
        "good": pd.Series(DATA["good"], dtype="boolean")}),
    "pandas of Arrow's types": lambda: arrow_table().to_pandas(types_mapper=pd.ArrowDtype),
    "polars": lambda: pl.DataFrame(DATA, schema_overrides={"price": pl.Decimal(18, 2)}),
    "duckdb": lambda: duckdb.connect().from_arrow(arrow_table()).filter("id < 4"),
    "a list of batches": lambda: arrow_table().to_batches(max_chunksize=1),
    "a generator of frames": lambda: (arrow_table().slice(i, 1).to_pandas(types_mapper=pd.ArrowDtype) for i in range(3)),
    "what has only __arrow_c_array__": lambda: OnlyArray(arrow_table().to_batches()[0]),
}


class OnlyArray:
    def __init__(self, batch: pa.RecordBatch) -> None:
        self._batch = batch

    def __arrow_c_array__(self, requested_schema=None):
        return self._batch.__arrow_c_array__(requested_schema)


@pytest.mark.parametrize("made", FRAMES, ids=str)
def test_the_rows_of_a_frame_are_the_tables(table, upsert, made):
    outcome = upsert(FRAMES[made]())
    assert (outcome.read, outcome.inserted) == (3, 3)
    assert values(table) == ROWS


def test_a_frame_makes_its_table(table, upsert):
    upsert(pl.DataFrame(DATA, schema_overrides={"price": pl.Decimal(18, 2)}), columns=None, create=True)
    assert values(table) == ROWS
    assert table.place.columns(table.name) == ["id", "candy", "price", "at", "good"]


def utc(*when: int) -> dt.datetime:
    return dt.datetime(*when, tzinfo=dt.timezone.utc)


# name: Arrow's type, the table's, values, what is read back where that is another
TYPES = {
    "i8": (pa.int8(), "smallint", [-128, 127, None]),
    "u64": (pa.uint64(), "decimal(20,0)", [2**64 - 1, 0, None]),
    "f16": (pa.float16(), "real", [np.float16(1.5), None], [1.5, None]),
    "f64": (pa.float64(), "double precision", [0.1, 1e300, None]),
    "d32": (pa.decimal32(5, 2), "decimal(5,2)", [D("1.25"), None]),
    "d64": (pa.decimal64(12, 2), "decimal(12,2)", [D("-12345678.25"), None]),
    "d256": (pa.decimal256(40, 2), "decimal(38,2)", [D("123456789012345678901234567890123456.78"), None]),
    "ls": (pa.large_string(), "varchar(20)", ["é\n\"", None, ""]),
    "sv": (pa.string_view(), "varchar(30)", ["more than twelve bytes", "short", None]),
    "bv": (pa.binary_view(), "varchar(20)", [b"bytes", None], ["bytes", None]),
    "lb": (pa.large_binary(), "varchar(20)", [b"bytes", None], ["bytes", None]),
    "fb": (pa.binary(2), "varchar(2)", [b"ab", None], ["ab", None]),
    "cat": (pa.dictionary(pa.int8(), pa.string()), "varchar(9)", ["red", "green", "red", None]),
    "catv": (pa.dictionary(pa.uint32(), pa.large_string()), "varchar(9)", ["red", "green", None]),
    "cati": (pa.dictionary(pa.int8(), pa.int64()), "bigint", [7, None]),
    "day": (pa.date64(), "date", [dt.date(2024, 2, 29), None]),
    "t32": (pa.time32("s"), "time", [dt.time(1, 2, 3), None]),
    "ts_s": (pa.timestamp("s"), "timestamp", [dt.datetime(1969, 12, 31, 23, 59, 59), None]),
    "ts_ms": (pa.timestamp("ms"), "timestamp", [dt.datetime(2024, 2, 29, 1, 2, 3, 4000), None]),
    "ts_us": (pa.timestamp("us"), "timestamp", [dt.datetime(9999, 12, 31, 23, 59, 59, 999999), None]),
    "ts_ns": (pa.timestamp("ns"), "timestamp", [dt.datetime(2024, 2, 29, 1, 2, 3, 4), None]),
    "tz_s": (pa.timestamp("s", "UTC"), "timestamptz", [utc(2024, 7, 1, 12), None]),
    "tz_ms": (pa.timestamp("ms", "+02:00"), "timestamptz", [utc(2024, 7, 1, 12), None]),
    "tz_us": (pa.timestamp("us", "Europe/Berlin"), "timestamptz", [utc(2024, 7, 1, 12, 0, 0, 7), None]),
    "tz_ns": (pa.timestamp("ns", "America/New_York"), "timestamptz", [utc(2024, 7, 1, 12), None]),
    "n": (pa.null(), "varchar(9)", [None]),
}


def cyclic(items: list, count: int) -> list:
    return [items[i % len(items)] for i in range(count)]


def test_every_type_is_read_back_as_it_was(table, upsert):
    rows = 12
    data = {name: pa.array(cyclic(of[2], rows), of[0]) for name, of in TYPES.items()}
    frame = pa.table({"id": pa.array(range(rows), pa.int32()), **data})
    upsert(frame, "id int, " + ", ".join(f"{name} {of[1]}" for name, of in TYPES.items()))
    for name, of in TYPES.items():
        assert [value for _, value in values(table, f"id, {name}")] == cyclic(of[-1], rows), name


NESTED = {
    "l": (pa.list_(pa.string()), [["x", None], None, []]),
    "ll": (pa.large_list(pa.int64()), [[1, 2], None, []]),
    "lv": (pa.list_view(pa.int8()), [[1, 2], None, []]),
    "fl": (pa.list_(pa.float64(), 2), [[0.5, 1.5], None, [1.0, 2.0]]),
    "s": (pa.struct([("a", pa.int64()), ("b", pa.list_(pa.bool_()))]), [{"a": 2**63 - 1, "b": [True]}, None, {"a": None, "b": None}]),
    "dl": (pa.list_(pa.dictionary(pa.int8(), pa.string())), [["red", "red"], None, []]),
}


def test_what_is_nested_is_super(table, upsert):
    frame = pa.table({"id": [1, 2, 3], **{name: pa.array(of, kind) for name, (kind, of) in NESTED.items()},
                      "m": pa.array([[("k", dt.date(2024, 2, 29))], None, []], pa.map_(pa.string(), pa.date32()))})
    upsert(frame, "id int, " + ", ".join(f"{name} super" for name in [*NESTED, "m"]))
    for name, (_kind, of) in NESTED.items():
        texts = [text for _, text in values(table, f"id, json_serialize({name})")]
        assert [None if text is None else json.loads(text) for text in texts] == of, name
    assert [text for _, text in values(table, "id, json_serialize(m)")] == ['{"k":"2024-02-29"}', None, "{}"]


def test_a_category_of_pandas_and_an_enum_of_polars_are_their_texts(table, upsert):
    upsert(pd.DataFrame({"id": [1, 2], "c": pd.Categorical(["a", None])}), "id int, c varchar(9)")
    upsert(pl.DataFrame({"id": [3], "c": ["b"]}, schema_overrides={"c": pl.Enum(["a", "b"])}), columns=None)
    assert values(table) == [(1, "a"), (2, None), (3, "b")]


@pytest.mark.parametrize("kind", [pa.duration("us"), pa.month_day_nano_interval()], ids=str)
def test_what_no_column_holds_is_refused_by_its_columns_name(table, upsert, kind):
    frame = pa.table({"id": [1], "took": pa.array([None], kind), "also": pa.array([None], kind)})
    with pytest.raises(penstock.RefusedError) as raised:
        upsert(frame, "id int, took varchar(99), also varchar(99)")
    assert "took" in raised.value.message and "also" in raised.value.message
    assert "nothing was changed" in raised.value.message
    assert values(table) == []


def test_an_index_of_pandas_counts_if_it_has_a_name(table, upsert):
    frame = pd.DataFrame({"id": [1, 2, 3], "candy": ["a", "b", "c"]})
    upsert(frame[frame["id"] > 1], "id int, candy varchar(9)")
    upsert(frame.set_index("id").head(1), columns=None)
    assert values(table) == [(1, "a"), (2, "b"), (3, "c")]


def test_columns_that_have_no_text_for_a_name_are_all_named(upsert):
    with pytest.raises(penstock.InvalidError, match="column 0 has no text for a name\ncolumn 1 has no text"):
        upsert(pd.DataFrame([[1, 2]]), "id int")


def test_a_generator_runs_in_the_thread_of_the_call_and_is_never_held_whole(table, upsert):
    threads = set()
    made = 0

    def batches():
        nonlocal made
        for start in range(0, 400_000, 10_000):
            threads.add(threading.get_ident())
            made += 1
            yield pa.table({"id": range(start, start + 10_000), "candy": ["x" * 50] * 10_000})

    before = pa.total_allocated_bytes()
    peaks = []
    outcome = upsert(batches(), "id int, candy varchar(100)",
                     on_progress=lambda _now: peaks.append(pa.total_allocated_bytes() - before), memory=16 << 20)
    assert outcome.inserted == 400_000 and made == 40
    assert threads == {threading.get_ident()}
    assert table.place.query(f"SELECT count(*), sum(id) FROM {table.place.schema}.{table.name}") == [
        (400_000, 400_000 * 399_999 // 2)]


def test_what_a_generator_raises_is_what_its_caller_gets_and_nothing_is_changed(table, upsert):
    def batches():
        yield pa.table({"id": [1], "candy": ["a"]})
        raise LookupError("the cursor is gone")

    with pytest.raises(LookupError, match="the cursor is gone") as raised:
        upsert(batches(), "id int, candy varchar(9)")
    assert "nothing was changed" in "\n".join(raised.value.__notes__)
    assert values(table) == []


def test_a_batch_with_other_columns_than_the_first_is_refused_and_says_which(table, upsert):
    first = pa.table({"id": [1], "candy": ["a"]})
    with pytest.raises(penstock.InvalidError) as raised:
        upsert([first, pa.table({"id": ["2"], "sweet": ["b"]})], "id int, candy varchar(9)")
    said = raised.value.message
    for one in ("batch 2 of the source", "id: string, and int64 in the first", "candy: none, and string in the first",
                "sweet: string, and none in the first"):
        assert one in said, said
    assert values(table) == []


@pytest.mark.parametrize("source, said", [
    (7, "a source of builtins.int is neither"), (b"id", "a source of builtins.bytes is neither"),
    ([], "gives no batch"), (iter([{"id": 1}]), "batch 1 of the source is a builtins.dict"),
], ids=["int", "bytes", "empty", "rows"])
def test_what_is_no_source_is_said_to_be_none(upsert, source, said):
    with pytest.raises(penstock.InvalidError, match=said):
        upsert(source)


def test_a_reader_that_was_read_is_refused(table, upsert):
    reader = pa.table({"id": [1], "candy": ["a"]}).to_reader()
    upsert(reader, "id int, candy varchar(9)")
    with pytest.raises(penstock.InvalidError, match="read before"):
        upsert(Again(reader), columns=None)


class Again:
    """Gives a capsule that somebody has emptied."""

    def __init__(self, _reader) -> None:
        self._capsule = pa.table({"id": [1]}).__arrow_c_stream__()
        pa.RecordBatchReader._import_from_c_capsule(self._capsule)

    def __arrow_c_stream__(self, requested_schema=None):
        return self._capsule


def test_rows_that_no_column_takes_are_named_and_nothing_is_changed(table, upsert):
    with pytest.raises(penstock.RefusedError) as raised:
        upsert(pa.table({"id": pa.array([1, 2**40], pa.int64()), "candy": ["a", "b"]}), "id int, candy varchar(9)")
    assert "id" in raised.value.message and "nothing was changed" in raised.value.message
    assert values(table) == []
