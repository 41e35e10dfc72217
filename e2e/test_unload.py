"""UNLOAD of the local Redshift, as boto3 and others see its objects; and COPY reads back what it wrote."""

import bz2
import gzip
import io
import json
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from harness.local_redshift import LocalRedshift
from harness.processes import folder_for_servers

ROWS = """
    (1, 'plain', true, 12.50, 1.5::float8, '2024-01-31'::date, '2024-01-31 12:00:00.5'::timestamp),
    (2, 'a|b,c"d\\\\e''f', false, -0.05, -1e300, '1969-12-31', '1969-12-31 23:59:59.999999'),
    (3, E'line\\none', NULL, NULL, NULL, NULL, NULL),
    (4, 'äöü 😀', true, 99999.99, 0, '2999-12-31', '2200-01-01 00:00:00')
"""
COLUMNS = ("id int, s varchar(30), b boolean, n decimal(8,2), f float8, d date, t timestamp, "
           "c char(3), i2 smallint, i8 bigint, r real")


@pytest.fixture
def table(place):
    """Rows of every type, with what formats stumble over."""
    name = f"{place.schema}.t"
    place.connection.execute(f"CREATE TABLE {name} ({COLUMNS})")
    place.connection.execute(
        f"INSERT INTO {name} SELECT *, 'ab', 2, 9007199254740993, 0.1 FROM (VALUES {ROWS}) AS v"
    )
    return name


@pytest.fixture
def keys(local_redshift) -> str:
    env = local_redshift.environment
    return f"ACCESS_KEY_ID '{env['AWS_ACCESS_KEY_ID']}' SECRET_ACCESS_KEY '{env['AWS_SECRET_ACCESS_KEY']}'"


@pytest.fixture
def unload(place, keys):
    """Runs one, and gives the notices."""

    def run(query: str, options: str = "", prefix: str = "out/p_", connection=None) -> list[str]:
        connection = connection or place.connection
        notices: list[str] = []
        handler = lambda notice: notices.append(f"{notice.severity}: {notice.message_primary}")  # noqa: E731
        connection.add_notice_handler(handler)
        try:
            connection.execute(f"UNLOAD ($${query}$$) TO '{place.bucket.uri(prefix)}' {keys} {options}")
        finally:
            connection.remove_notice_handler(handler)
        return notices

    return run


def written(place, prefix: str = "out/") -> dict[str, bytes]:
    return {key: place.bucket.get(key) for key in sorted(place.bucket.objects()) if key.startswith(prefix)}


def as_text(rows) -> list[tuple]:
    return sorted(tuple(None if v is None else str(v) for v in row) for row in rows)


ROUND_TRIPS = [
    # what UNLOAD is told, and COPY
    ("ESCAPE NULL AS '@NULL@'", "ESCAPE NULL AS '@NULL@'"),
    ("ESCAPE ADDQUOTES NULL AS '@NULL@'", "ESCAPE REMOVEQUOTES NULL AS '@NULL@'"),
    ("ESCAPE NULL AS '@NULL@' DELIMITER '\\t' GZIP", "ESCAPE NULL AS '@NULL@' DELIMITER '\\t' GZIP"),
    ("ESCAPE NULL AS '@NULL@' ZSTD", "ESCAPE NULL AS '@NULL@' ZSTD"),
    ("CSV NULL AS '@NULL@'", "CSV NULL AS '@NULL@'"),
    ("CSV NULL AS '@NULL@' HEADER DELIMITER ';' PARALLEL OFF",
     "CSV NULL AS '@NULL@' IGNOREHEADER 1 DELIMITER ';'"),
    ("CSV NULL AS '@NULL@' MANIFEST", "CSV NULL AS '@NULL@' MANIFEST"),
    ("CSV NULL AS '@NULL@' MANIFEST VERBOSE GZIP", "CSV NULL AS '@NULL@' MANIFEST GZIP"),
    ("FORMAT AS JSON", "FORMAT AS JSON 'auto'"),
    ("JSON ZSTD", "JSON 'auto' ZSTD"),
    ("ESCAPE NULL AS '@NULL@' BZIP2", "ESCAPE NULL AS '@NULL@' BZIP2"),
    ("FORMAT AS PARQUET", "FORMAT AS PARQUET"),
    ("PARQUET MANIFEST PARALLEL OFF", "PARQUET MANIFEST"),
]


@pytest.mark.parametrize("how, back", ROUND_TRIPS, ids=[how for how, _ in ROUND_TRIPS])
def test_copy_reads_back_what_unload_wrote(place, table, unload, keys, how, back):
    notices = unload(f"SELECT * FROM {table}", how)
    assert notices == ["INFO: UNLOAD completed, 4 record(s) unloaded successfully."]
    source = place.bucket.uri("out/p_manifest" if "MANIFEST" in how else "out/p_")
    place.connection.execute(f"CREATE TABLE {table}_back ({COLUMNS})")
    place.connection.execute(f"COPY {table}_back FROM '{source}' {keys} {back}")
    assert as_text(place.query(f"SELECT * FROM {table}_back")) == as_text(place.query(f"SELECT * FROM {table}"))


def test_names_and_bytes(place, table, unload):
    unload(f"SELECT id, s, b, n FROM {table} WHERE id <> 3 ORDER BY id")
    assert written(place) == {
        "out/p_0000_part_00": '1|plain|t|12.50\n4|äöü 😀|t|99999.99\n'.encode(),
        "out/p_0001_part_00": b"2|a|b,c\"d\\e'f|f|-0.05\n",
    }


def test_serial_files_are_numbered(place, table, unload):
    unload(f"SELECT id, n FROM {table} ORDER BY id", "CSV HEADER PARALLEL OFF")
    assert written(place) == {"out/p_000": b"id,n\n1,12.50\n2,-0.05\n3,\n4,99999.99\n"}


@pytest.mark.parametrize("codec, extension, unpack", [
    ("GZIP", ".gz", gzip.decompress),
    ("BZIP2", ".bz2", bz2.decompress),
    ("ZSTD", ".zst", lambda b: pa.CompressedInputStream(pa.BufferReader(b), "zstd").read()),
])
def test_compressed_files_are_what_others_read(place, unload, codec, extension, unpack):
    unload("SELECT i, i * 2 FROM generate_series(1, 100000) i", f"{codec} PARALLEL OFF")
    found = written(place)
    assert list(found) == [f"out/p_000{extension}"]
    assert unpack(found[f"out/p_000{extension}"]) == "".join(f"{i}|{i * 2}\n" for i in range(1, 100_001)).encode()


def test_files_are_no_larger_than_asked(place, unload):
    unload("SELECT i, repeat('x', 100) FROM generate_series(1, 120000) i", "MAXFILESIZE 5 MB PARALLEL OFF")
    found = written(place)
    assert list(found) == ["out/p_000", "out/p_001", "out/p_002"]
    assert all(len(body) <= 5 << 20 and body.endswith(b"\n") for body in found.values())
    assert b"".join(found.values()).count(b"\n") == 120_000


def test_json_lines(place, table, unload):
    unload(f"SELECT id, s, b, n, d FROM {table} WHERE id IN (2, 3) ORDER BY id", "JSON PARALLEL OFF")
    body = written(place)["out/p_000"].decode()
    assert [json.loads(line, parse_float=str) for line in body.splitlines()] == [
        {"id": 2, "s": "a|b,c\"d\\e'f", "b": "f", "n": "-0.05", "d": "1969-12-31"},
        {"id": 3, "s": "line\none", "b": None, "n": None, "d": None},
    ]


def test_super_is_nested_in_json_and_keeps_its_digits(place, unload):
    unload("SELECT 1 AS id, json_parse('{\"a\": [1, 2.50, null]}') AS s, NULL::super AS none", "JSON PARALLEL OFF")
    (lines,) = written(place).values()
    assert json.loads(lines, parse_float=str) == {"id": 1, "s": {"a": [1, "2.50", None]}, "none": None}


def test_parquet_has_redshifts_types(place, table, unload):
    unload(f"SELECT * FROM {table} ORDER BY id", "FORMAT PARQUET PARALLEL OFF")
    found = written(place)
    assert list(found) == ["out/p_000.parquet"]
    file = pq.ParquetFile(io.BytesIO(found["out/p_000.parquet"]))
    columns = {c.name: c for c in (file.schema.column(i) for i in range(len(file.schema)))}
    assert {name: c.physical_type for name, c in columns.items()} == {
        "id": "INT32", "s": "BYTE_ARRAY", "b": "BOOLEAN", "n": "FIXED_LEN_BYTE_ARRAY", "f": "DOUBLE", "d": "INT32",
        "t": "INT96", "c": "BYTE_ARRAY", "i2": "INT32", "i8": "INT64", "r": "FLOAT"}
    assert {c.max_definition_level for c in columns.values()} == {1}, "every column is optional"
    assert (columns["n"].precision, columns["n"].scale) == (8, 2)
    assert file.metadata.format_version == "1.0"
    assert file.metadata.row_group(0).column(0).compression == "SNAPPY"
    rows = file.read(columns=["id", "s", "b", "n", "d", "t", "i8"]).to_pylist()
    assert rows[1:3] == [
        {"id": 2, "s": "a|b,c\"d\\e'f", "b": False, "n": Decimal("-0.05"), "d": date(1969, 12, 31),
         "t": datetime(1969, 12, 31, 23, 59, 59, 999999), "i8": 9007199254740993},
        {"id": 3, "s": "line\none", "b": None, "n": None, "d": None, "t": None, "i8": 9007199254740993}]


def test_parquet_is_partitioned_as_pyarrow_reads_it(place, table, unload):
    unload(f"SELECT id, d, i2 FROM {table}", "PARQUET PARTITION BY (d, i2)", "out")
    assert "out/d=2024-01-31/i2=2/0000_part_00.parquet" in written(place)
    assert sum(pq.read_table(io.BytesIO(body)).num_rows for body in written(place).values()) == 4
    unload(f"SELECT id, i2 FROM {table}", "PARQUET PARTITION BY (i2) INCLUDE PARALLEL OFF", "with")
    body = written(place, "with/")["with/i2=2/000.parquet"]
    assert pq.read_table(io.BytesIO(body)).column_names == ["id", "i2"]


def test_parquet_refuses_what_it_cannot_hold(place, unload):
    for query, message in (("SELECT 1::numeric / 3 AS x", "needs the precision of the column \"x\""),
                           ("SELECT 'infinity'::date AS x", "an infinite date"),
                           ("SELECT '\\\\x00'::bytea AS x", "VARBYTE column")):
        with pytest.raises(psycopg.Error, match=message):
            unload(query, "PARQUET")
    assert written(place) == {}


def test_a_manifest_names_what_was_written(place, table, unload):
    unload(f"SELECT id, s, n FROM {table}", "CSV HEADER MANIFEST VERBOSE")
    found = written(place)
    manifest = json.loads(found.pop("out/p_manifest"))
    assert {entry["url"]: entry["meta"] for entry in manifest["entries"]} == {
        place.bucket.uri(key): {"content_length": len(body), "record_count": 3} for key, body in found.items()
    }
    assert manifest["schema"]["elements"] == [
        {"name": "id", "type": {"base": "integer"}},
        {"name": "s", "type": {"base": "character varying", "max_length": 30}},
        {"name": "n", "type": {"base": "numeric", "precision": 8, "scale": 2}},
    ]
    assert manifest["meta"]["record_count"] == 6
    assert manifest["author"] == {"name": "Amazon Redshift", "version": "1.0.0"}


def test_partitions_are_folders(place, table, unload):
    unload(f"SELECT id, d, b FROM {table} ORDER BY id", "CSV PARTITION BY (d, b) PARALLEL OFF", "out")
    assert written(place) == {
        "out/d=1969-12-31/b=false/000": b"2\n",
        "out/d=2024-01-31/b=true/000": b"1\n",
        "out/d=2999-12-31/b=true/000": b"4\n",
        "out/d=__HIVE_DEFAULT_PARTITION__/b=__HIVE_DEFAULT_PARTITION__/000": b"3\n",
    }


def test_no_rows_no_objects(place, table, unload):
    assert unload(f"SELECT * FROM {table} WHERE false", "CSV HEADER MANIFEST") == [
        "INFO: UNLOAD completed, 0 record(s) unloaded successfully."]
    assert written(place) == {}


def test_what_is_there_is_kept_replaced_or_cleaned(place, unload):
    place.bucket.put("out/p_0000_part_00", "old")
    place.bucket.put("out/p_other", "old")
    with pytest.raises(psycopg.Error, match="Specified unload destination on S3 is not empty"):
        unload("SELECT 1")
    assert written(place) == {"out/p_0000_part_00": b"old", "out/p_other": b"old"}
    unload("SELECT 1", "ALLOWOVERWRITE")
    assert written(place) == {"out/p_0000_part_00": b"1\n", "out/p_other": b"old"}
    unload("SELECT 2", "CLEANPATH")
    assert written(place) == {"out/p_0000_part_00": b"2\n"}


def test_a_query_that_fails_leaves_no_half_file(place, unload):
    with pytest.raises(psycopg.errors.DivisionByZero):
        unload("SELECT 1 / (50000 - i), repeat('x', 100) FROM generate_series(1, 60000) i", "MANIFEST")
    assert written(place) == {}


def test_a_transaction_is_read_and_its_temporary_tables(place, connect, unload):
    with connect(autocommit=False) as connection:
        connection.execute("CREATE TEMP TABLE mine (a int)")
        connection.execute("INSERT INTO mine VALUES (1)")
        unload("SELECT * FROM mine", "PARALLEL OFF", connection=connection)
        connection.rollback()
    assert written(place) == {"out/p_000": b"1\n"}


@pytest.mark.parametrize("keys_given, message", [
    ("ACCESS_KEY_ID 'AKIAAAAAAAAAAAAAAAAA' SECRET_ACCESS_KEY 'x'", "The AWS Access Key Id you provided does not exist"),
    ("ACCESS_KEY_ID '{id}' SECRET_ACCESS_KEY 'wrong'", "The request signature we calculated does not match"),
])
def test_wrong_credentials_are_refused_as_s3_refuses_them(place, local_redshift, keys_given, message):
    given = keys_given.format(id=local_redshift.environment["AWS_ACCESS_KEY_ID"])
    for options in ("", "ALLOWOVERWRITE"):
        with pytest.raises(psycopg.Error, match="S3ServiceException:" + message):
            place.connection.execute(f"UNLOAD ('SELECT 1') TO '{place.bucket.uri('out/')}' {given} {options}")
    assert written(place) == {}


def test_no_bucket(place, keys):
    with pytest.raises(psycopg.Error, match="S3ServiceException:The specified bucket does not exist"):
        place.connection.execute(f"UNLOAD ('SELECT 1') TO 's3://no-such-bucket-here/p' {keys}")


@pytest.fixture(scope="module")
def on_folder(binaries):
    """A local Redshift whose buckets are folders."""
    with folder_for_servers() as folder:
        server = LocalRedshift(binaries, folder, s3="folder")
        yield server
        server.stop()


@pytest.mark.parametrize("how, back", [("CSV GZIP MANIFEST", "CSV GZIP MANIFEST"), ("PARQUET", "PARQUET")])
def test_a_bucket_may_be_a_folder(on_folder, how, back):
    env = on_folder.environment
    bucket = Path(env["PENSTOCK_S3_FOLDER"]) / f"bucket-{how.lower().split()[0]}"
    bucket.mkdir(parents=True)
    keys = f"ACCESS_KEY_ID '{env['AWS_ACCESS_KEY_ID']}' SECRET_ACCESS_KEY '{env['AWS_SECRET_ACCESS_KEY']}'"
    with psycopg.connect(host=env["REDSHIFT_HOST"], port=env["REDSHIFT_PORT"], dbname=env["REDSHIFT_DB"],
                         user=env["REDSHIFT_USER"], password=env["REDSHIFT_PASSWORD"], autocommit=True) as connection:
        connection.execute("CREATE TEMP TABLE t (a int, s varchar(5))")
        connection.execute(f"UNLOAD ('SELECT i, ''n'' || i FROM generate_series(1, 9) i') TO 's3://{bucket.name}/out/p_'"
                           f" {keys} {how}")
        source = "out/p_manifest" if "MANIFEST" in how else "out/p_"
        connection.execute(f"COPY t FROM 's3://{bucket.name}/{source}' {keys} {back}")
        assert connection.execute("SELECT count(*), sum(a), max(s) FROM t").fetchall() == [(9, 45, "n9")]
        with pytest.raises(psycopg.Error, match="destination on S3 is not empty"):
            connection.execute(f"UNLOAD ('SELECT 1') TO 's3://{bucket.name}/out/p_' {keys}")
        for wrong in ("ACCESS_KEY_ID 'A' SECRET_ACCESS_KEY 'S'", keys + " SESSION_TOKEN 'T'"):
            with pytest.raises(psycopg.Error, match="S3ServiceException:The"):
                connection.execute(f"UNLOAD ('SELECT 1') TO 's3://{bucket.name}/other' {wrong}")
    assert sum(1 for path in bucket.rglob("*") if path.is_file()) == (3 if "MANIFEST" in how else 2)


def test_the_system_tables_remember_every_file(place, connect, unload):
    with connect() as connection:
        unload("SELECT i FROM generate_series(1, 5) i", "GZIP", connection=connection)
        ask = lambda query: [tuple(v.rstrip() if isinstance(v, str) else v for v in row)  # noqa: E731
                             for row in connection.execute(query).fetchall()]
        ((query, count),) = ask("SELECT pg_last_unload_id(), pg_last_unload_count()")
        assert count == 5
        sizes = {key: len(body) for key, body in written(place).items()}
        expected = [(place.bucket.uri(key), lines, sizes[key], "Text")
                    for key, lines in (("out/p_0000_part_00.gz", 3), ("out/p_0001_part_00.gz", 2))]
        assert ask("SELECT path, line_count, transfer_size, file_format FROM stl_unload_log"
                   f" WHERE query = {query} ORDER BY path") == expected
        assert ask("SELECT file_name, line_count, transfer_size, file_format FROM sys_unload_detail"
                   f" WHERE query_id = {query} ORDER BY file_name") == expected
        assert ask("SELECT status, file_format, compression_type, unloaded_rows, unloaded_files_count FROM"
                   f" sys_unload_history WHERE query_id = {query}") == [("completed", "Text", "gzip", 5, 2)]
        ((text,),) = ask(f"SELECT querytxt FROM stl_query WHERE query = {query}")
        assert text.startswith("UNLOAD (") and "SECRET_ACCESS_KEY ''" in text
        with pytest.raises(psycopg.Error):
            unload("SELECT 1", connection=connection)
        assert ask("SELECT status FROM sys_unload_history WHERE error_message LIKE 'Specified unload destination%'"
                   f" AND unloaded_location = '{place.bucket.uri('out/p_')}'") == [("aborted",)]
