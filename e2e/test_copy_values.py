"""What COPY makes of values, beside what PostgreSQL itself makes of the same file, and of files that Arrow wrote."""

import datetime as dt
import decimal
import gzip
import io
import json
import random
import struct

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from psycopg import sql

COLUMNS = {
    "id": "int8", "b": "bool", "i2": "int2", "i4": "int4", "i8": "int8", "n": "numeric(38,10)", "m": "numeric(5,2)",
    "f4": "float4", "f8": "float8", "d": "date", "t": "timestamp", "z": "timestamptz", "c": "char(10)",
    "v": "varchar(100)",
}
ROWS = 3000
AT_RANDOM = random.Random(23)


def integer(bits: int):
    edge = AT_RANDOM.choice([0, -1, 1, 2 ** (bits - 1) - 1, -(2 ** (bits - 1))])
    return edge if AT_RANDOM.random() < 0.2 else AT_RANDOM.randrange(-(2 ** (bits - 1)), 2 ** (bits - 1))


def number(precision: int, scale: int) -> decimal.Decimal:
    digits = AT_RANDOM.randrange(10 ** AT_RANDOM.randrange(1, precision + 1))
    return decimal.Decimal(AT_RANDOM.choice((0, 1)) and -digits or digits).scaleb(-scale, WIDE)


WIDE = decimal.Context(prec=60)


def moment() -> dt.datetime:
    years = AT_RANDOM.randrange(1, 9999), AT_RANDOM.randrange(1900, 2100)
    return dt.datetime(AT_RANDOM.choice(years), AT_RANDOM.randrange(1, 13), AT_RANDOM.randrange(1, 29),
                       AT_RANDOM.randrange(24), AT_RANDOM.randrange(60), AT_RANDOM.randrange(60),
                       AT_RANDOM.choice((0, AT_RANDOM.randrange(1_000_000))))


def text() -> str:
    made = "".join(AT_RANDOM.choice("ab,\"'|\\\n\t\r é€😀.N") for _ in range(AT_RANDOM.randrange(20)))
    return made if made != "\\N" else "N"  # which Redshift takes for NULL, quoted or not


def single(value: float) -> float:
    return struct.unpack("f", struct.pack("f", value))[0]


def row(i: int) -> dict:
    values = {
        "b": AT_RANDOM.random() < 0.5, "i2": integer(16), "i4": integer(32), "i8": integer(64), "n": number(38, 10),
        "m": number(5, 2), "f4": single(AT_RANDOM.uniform(-1e30, 1e30)),
        "f8": AT_RANDOM.choice((AT_RANDOM.uniform(-1, 1), AT_RANDOM.uniform(-1e300, 1e300))), "d": moment().date(),
        "t": moment(), "z": moment().replace(tzinfo=dt.timezone.utc), "v": text(),
        "c": "".join(AT_RANDOM.choice("abc ,\"") for _ in range(AT_RANDOM.randrange(10))).strip(),
    }
    kept = {name: None if AT_RANDOM.random() < 0.1 else value for name, value in values.items()}
    return {name: i if name == "id" else kept[name] for name in COLUMNS}


@pytest.fixture(scope="module")
def rows() -> list[dict]:
    return [row(i) for i in range(ROWS)]


def written(value) -> str:
    if value is None:
        return "\\N"
    if isinstance(value, bool):
        return "t" if value else "f"
    if isinstance(value, dt.datetime):
        return value.isoformat(" ").replace("+00:00", "+00")
    if isinstance(value, decimal.Decimal):
        return format(value, "f")
    return repr(value) if isinstance(value, float) else str(value)


def as_csv(rows: list[dict]) -> bytes:
    """Text quoted, the rest not; \\N is NULL."""
    def field(value) -> str:
        return '"' + value.replace('"', '""') + '"' if isinstance(value, str) else written(value)

    return "".join(",".join(field(v) for v in r.values()) + "\n" for r in rows).encode()


def as_json(rows: list[dict]) -> bytes:
    def value(v) -> str:
        if v is None or isinstance(v, (bool, int, float)):
            return json.dumps(v)
        return written(v) if isinstance(v, decimal.Decimal) else json.dumps(written(v))

    return "\n".join("{" + ", ".join(f'"{k}": {value(v)}' for k, v in r.items()) + "}" for r in rows).encode()


def as_arrow(rows: list[dict]) -> pa.Table:
    types = {"b": pa.bool_(), "i2": pa.int16(), "i4": pa.int32(), "id": pa.int64(), "i8": pa.int64(),
             "n": pa.decimal128(38, 10), "m": pa.decimal128(5, 2), "f4": pa.float32(), "f8": pa.float64(),
             "d": pa.date32(), "t": pa.timestamp("us"), "z": pa.timestamp("us", "UTC"), "c": pa.string(),
             "v": pa.string()}
    return pa.table({name: pa.array([r[name] for r in rows], types[name]) for name in COLUMNS})


@pytest.fixture
def keys(local_redshift) -> str:
    env = local_redshift.environment
    return f"ACCESS_KEY_ID '{env['AWS_ACCESS_KEY_ID']}' SECRET_ACCESS_KEY '{env['AWS_SECRET_ACCESS_KEY']}'"


@pytest.fixture
def load(place, keys):
    """Loads the bytes into a new table by COPY."""

    def load(name: str, body: bytes, options: str) -> None:
        place.bucket.put(name, body)
        columns = ", ".join(f"{column} {kind}" for column, kind in COLUMNS.items())
        place.connection.execute(f"CREATE TABLE {place.schema}.{name} ({columns})")
        place.connection.execute(f"COPY {place.schema}.{name} FROM '{place.bucket.uri(name)}' {keys} {options}")

    return load


@pytest.fixture
def expected(place, superuser, rows):
    """The table as PostgreSQL reads the CSV, past the endpoint."""
    columns = ", ".join(f"{column} {kind}" for column, kind in COLUMNS.items())
    place.connection.execute(f"CREATE TABLE {place.schema}.expected ({columns})")
    table = sql.Identifier(place.schema, "expected")
    with superuser.cursor().copy(sql.SQL("COPY {} FROM STDIN (FORMAT csv, NULL '\\N')").format(table)) as copy:
        copy.write(as_csv(rows))

    def differences(name: str) -> list[tuple]:
        other = sql.Identifier(place.schema, name)
        return superuser.execute(sql.SQL(
            "SELECT * FROM ((TABLE {0} EXCEPT ALL TABLE {1}) UNION ALL (TABLE {1} EXCEPT ALL TABLE {0})) d ORDER BY id LIMIT 6"
        ).format(table, other)).fetchall()

    return differences


@pytest.mark.parametrize("options, body", [
    ("CSV", as_csv),
    ("CSV GZIP", lambda rows: gzip.compress(as_csv(rows))),
    ("CSV ZSTD", lambda rows: pa.compress(as_csv(rows), "zstd", asbytes=True)),
    ("JSON 'auto'", as_json),
    ("JSON 'auto' TIMEFORMAT 'auto' DATEFORMAT 'auto' GZIP", lambda rows: gzip.compress(as_json(rows))),
], ids=["csv", "gzip", "zstd", "json", "json-auto-gzip"])
def test_copy_reads_values_as_postgresql_does(load, expected, rows, options, body):
    load("loaded", body(rows), options)
    assert expected("loaded") == []


@pytest.mark.parametrize("options", [
    {}, {"use_dictionary": False, "compression": "zstd", "row_group_size": 100},
    {"store_decimal_as_integer": True, "compression": "gzip", "data_page_version": "2.0"},
    {"use_dictionary": ["v"], "compression": "none", "version": "1.0"},
], ids=["default", "plain-zstd", "integer-decimals-v2", "version-1"])
def test_copy_reads_parquet_however_it_is_written(load, expected, rows, options):
    out = io.BytesIO()
    pq.write_table(as_arrow(rows), out, **options)
    load("loaded", out.getvalue(), "FORMAT AS PARQUET")
    assert expected("loaded") == []


def test_copy_reads_the_old_timestamps_of_parquet(place, keys, rows):
    moments = [r["t"] for r in rows if r["t"] is None or 1700 < r["t"].year < 2250]
    out = io.BytesIO()
    pq.write_table(pa.table({"t": pa.array(moments, pa.timestamp("us"))}), out, use_deprecated_int96_timestamps=True)
    place.bucket.put("int96", out.getvalue())
    place.connection.execute(f"CREATE TABLE {place.schema}.t (t timestamp)")
    place.connection.execute(f"COPY {place.schema}.t FROM '{place.bucket.uri('int96')}' {keys} PARQUET")
    loaded = [r[0] for r in place.query(f"SELECT t FROM {place.schema}.t")]
    assert sorted(m for m in loaded if m) == sorted(m for m in moments if m)
    assert len(loaded) == len(moments)


@pytest.mark.parametrize("options, body", [
    ("CSV", b"1\n2\n"), ("JSON 'auto'", b'{"id": 1}{"id": 2, "n": null}'), ("PARQUET FILLRECORD", None)])
def test_what_is_null_and_may_not_be_is_the_default_evaluated_once(place, keys, options, body):
    """Of every type, in PostgreSQL's own form, and by the client's settings of dates."""
    if body is None:
        out = io.BytesIO()
        pq.write_table(pa.table({"id": pa.array([1, 2], pa.int32())}), out)
        body = out.getvalue()
    place.bucket.put("k", body)
    table = f"{place.schema}.t"
    place.connection.execute(f"""CREATE TABLE {table} (id int NOT NULL, r float8 NOT NULL DEFAULT random(),
        b bool NOT NULL DEFAULT true, n decimal(8,2) NOT NULL DEFAULT 1.5, d date NOT NULL DEFAULT '2020-02-29',
        t timestamp NOT NULL DEFAULT '2020-02-29 12:00:00.5', z timestamptz NOT NULL DEFAULT '2020-02-29 12:00:00+02',
        c char(3) NOT NULL DEFAULT 'ab', i2 smallint NOT NULL DEFAULT 2, i8 bigint NOT NULL DEFAULT 9007199254740993,
        m time NOT NULL DEFAULT '01:02:03', kept int DEFAULT 5)""")
    if options == "CSV":  # FILLRECORD would have a varchar that is missing be empty
        options += " FILLRECORD DATEFORMAT 'MM/DD/YYYY'"
    place.connection.execute("SET datestyle = 'SQL, DMY'")
    try:
        place.connection.execute(f"COPY {table} FROM '{place.bucket.uri('k')}' {keys} {options}")
    finally:
        place.connection.execute("SET datestyle = 'ISO, MDY'")
    assert place.query(f"SELECT count(DISTINCT r) FROM {table}") == [(1,)]
    row = (True, "1.50", "2020-02-29", "2020-02-29 12:00:00.5", "2020-02-29 10:00:00", "ab", 2, 9007199254740993,
           "01:02:03", None)
    assert place.query(f"SELECT b, n::varchar, d::varchar, t::varchar, (z at time zone 'utc')::varchar, trim(c), i2, i8,"
                       f" m::varchar, kept FROM {table}") == [row, row]
