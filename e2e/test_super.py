"""SUPER on the local Redshift: super.cases is the specification, psycopg the witness."""

import io
import json
from pathlib import Path

import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

ROWS = [
    (1, "a", '{"items":[{"sku":"x","n":2,"tags":["p","q"]},{"sku":"y","n":"3"}],"price":10.50,"Name":"Zed","paid":true,'
             '"at":"2024-01-02"}'),
    (2, "b", '{"items":7,"price":3,"paid":null}'), (3, "c", None), (4, "d", '"plain"'), (5, "e", "12"),
]


def sections():
    title, cases = None, []
    for line in (Path(__file__).parent / "super.cases").read_text().splitlines() + ["## "]:
        if line.startswith("## "):
            if title:
                yield pytest.param(cases, id=title)
            title, cases = line.removeprefix("## "), []
        elif title and line:
            statement, _, expected = line.partition(" ==> ")
            cases.append((statement, expected))


def text(value: bytes | None) -> str:
    return "NULL" if value is None else value.decode() or "''"


def answer(connection: psycopg.Connection, statement: str, expected: str) -> str:
    try:
        cursor = connection.execute(statement.encode())
    except psycopg.Error as error:
        return f"error {error.sqlstate} {error.diag.message_primary}"
    if expected.startswith("columns "):
        return "columns " + ", ".join(column.name for column in cursor.description)
    if not expected:
        return ""
    result = cursor.pgresult
    rows = [" | ".join(text(result.get_value(row, column)) for column in range(result.nfields))
            for row in range(result.ntuples)]
    return " ;; ".join(rows) or "(no rows)"


@pytest.mark.parametrize("cases", list(sections()))
def test_super_is_as_in_redshift(place, connect, cases):
    with connect() as connection:
        connection.execute(f"SET search_path TO {place.schema}")
        connection.execute("CREATE TABLE orders (id int, note varchar(20), doc super)")
        for row in ROWS:
            connection.execute("INSERT INTO orders VALUES (%s, %s, JSON_PARSE(%s))", row)
        for statement, expected in cases:
            assert answer(connection, statement, expected) == expected, statement


DOCUMENTS = [{"id": 1, "list": [1, 2.5, "x"], "object": {"a": None}}, {"id": 2, "list": [], "object": {}}]


@pytest.fixture
def keys(local_redshift) -> str:
    env = local_redshift.environment
    return f"ACCESS_KEY_ID '{env['AWS_ACCESS_KEY_ID']}' SECRET_ACCESS_KEY '{env['AWS_SECRET_ACCESS_KEY']}'"


def rows(place, statement: str) -> list[tuple]:
    return place.connection.execute(statement).fetchall()


def test_copied_documents_are_navigated_and_unnested(place, keys):
    place.bucket.put("in/docs.json", "\n".join(json.dumps(document) for document in DOCUMENTS).encode())
    table, source = f"{place.schema}.docs", place.bucket.uri("in/docs.json")
    place.connection.execute(f"CREATE TABLE {table} (whole super, id int, list super)")
    place.connection.execute(f"COPY {table} (whole) FROM '{source}' {keys} JSON 'noshred'")
    place.connection.execute(f"COPY {table} (id, list) FROM '{source}' {keys} JSON 'auto'")
    assert rows(place, f"SELECT d.whole.id, x FROM {table} d, d.whole.list AS x AT i ORDER BY i") == [
        ("1", "1"), ("1", "2.5"), ("1", '"x"')]
    assert rows(place, f"SELECT id, list, whole FROM {table} WHERE id IS NOT NULL ORDER BY id") == [
        (1, '[1,2.5,"x"]', None), (2, "[]", None)]


@pytest.mark.parametrize("written, read", [
    ("JSON", "JSON 'auto'"), ("CSV", "CSV"), ("ADDQUOTES", "REMOVEQUOTES"), ("PARQUET", "PARQUET SERIALIZETOJSON"),
])
def test_what_is_unloaded_comes_back(place, keys, written, read):
    table = f"{place.schema}.t"
    place.connection.execute(f"CREATE TABLE {table} (id int, doc super)")
    for number, document in enumerate([*DOCUMENTS, "te|xt, \"\\", 12.5, True]):
        place.connection.execute(f"INSERT INTO {table} VALUES (%s, JSON_PARSE(%s))", (number, json.dumps(document)))
    before = rows(place, f"SELECT id, doc FROM {table} ORDER BY id")
    place.connection.execute(f"UNLOAD ('SELECT t.id, t.doc FROM {table} t WHERE t.doc.id > 0 OR t.id > 1')"
                             f" TO '{place.bucket.uri('out/')}' {keys} {written}")
    place.connection.execute(f"TRUNCATE {table}")
    place.connection.execute(f"COPY {table} FROM '{place.bucket.uri('out/')}' {keys} {read}")
    after = rows(place, f"SELECT id, doc FROM {table} ORDER BY id")
    if written == "PARQUET":  # a string, whatever it holds
        after = [(number, json.loads(doc)) for number, doc in after]
    assert after == before


def test_parquet_says_that_a_super_is_json(place, keys):
    place.connection.execute(f"UNLOAD ('SELECT json_parse(''[1]'') AS s') TO '{place.bucket.uri('out/')}' {keys} PARQUET")
    (key,) = place.bucket.objects()
    column = pq.ParquetFile(io.BytesIO(place.bucket.get(key))).schema.column(0)
    assert (column.physical_type, column.logical_type.type) == ("BYTE_ARRAY", "JSON")


def test_nested_columns_of_parquet_are_documents(place, keys):
    out = io.BytesIO()
    pq.write_table(pa.table({"id": [1], "list": [[1, None]], "object": [{"b": "x\"", "c": [{"d": 1.5}]}]}), out)
    place.bucket.put("in/k.parquet", out.getvalue())
    table = f"{place.schema}.t"
    place.connection.execute(f"CREATE TABLE {table} (id int8, list super, object super)")
    with pytest.raises(psycopg.Error, match="SUPER column in COPY query requires SERIALIZETOJSON option"):
        place.connection.execute(f"COPY {table} FROM '{place.bucket.uri('in/')}' {keys} PARQUET")
    place.connection.execute(f"COPY {table} FROM '{place.bucket.uri('in/')}' {keys} PARQUET SERIALIZETOJSON")
    assert rows(place, f"SELECT id, list, object, t.object.c[0].d FROM {table} t") == [
        (1, "[1,null]", '{"b":"x\\"","c":[{"d":1.5}]}', "1.5")]
