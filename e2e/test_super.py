"""SUPER on the local Redshift: super.cases is the specification, psycopg the witness."""

from pathlib import Path

import psycopg
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
