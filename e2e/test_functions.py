"""Redshift's functions, case by case: functions.cases is the specification, psycopg the witness."""

from pathlib import Path

import psycopg
import pytest

TYPES = {16: "boolean", 19: "name", 20: "bigint", 21: "smallint", 23: "integer", 25: "text", 700: "real",
         701: "double", 1042: "char", 1043: "varchar", 1082: "date", 1083: "time", 1114: "timestamp",
         1184: "timestamptz", 1266: "timetz", 1700: "numeric", 4000: "super"}


def cases():
    for number, line in enumerate((Path(__file__).parent / "functions.cases").read_text().splitlines(), 1):
        if "==>" in line and not line.startswith("#"):
            statement, expected = line.rsplit(" ==> ", 1)
            yield pytest.param(statement, expected, id=f"{number}: {statement}")


@pytest.fixture(scope="module")
def session(connect):
    with connect() as connection:
        connection.execute("CREATE SCHEMA functions")
        connection.execute("SET search_path TO functions, public")
        connection.execute("CREATE TABLE functions.sales (id int, seller varchar(10), price decimal(8,2), rate float8,"
                           " sold date, at timestamp)")
        connection.execute("INSERT INTO functions.sales VALUES"
                           " (1, 'a', 10.10, 1, '2020-01-01', '2020-01-01 00:00:00'),"
                           " (2, 'a', 20.20, 2, '2020-01-02', '2020-01-02 00:00:00'),"
                           " (3, 'b', 30.30, 3, '2020-01-03', '2020-01-03 00:00:00'),"
                           " (4, 'a', 40.40, 4, '2020-01-04', '2020-01-04 00:00:00'),"
                           " (5, 'b', 50.50, 5, '2020-01-05', '2020-01-05 00:00:00')")
        connection.execute("SET search_path TO public, functions")
        yield connection


def text(value: bytes | None) -> str:
    return "NULL" if value is None else value.decode() or "''"


def answer(session, statement: str) -> str:
    if not statement.startswith("SELECT "):
        statement = f"SELECT {statement}"
    cursor = session.cursor()
    try:
        cursor.execute(statement.encode())
    except psycopg.Error as error:
        return f"error {error.sqlstate} {error.diag.message_primary}"
    result = cursor.pgresult
    values = " | ".join(text(result.get_value(row, 0)) for row in range(result.ntuples))
    return f"{values} @ {TYPES.get(result.ftype(0), result.ftype(0))}"


@pytest.mark.parametrize("statement, expected", list(cases()))
def test_a_function_gives_what_redshift_gives(session, statement, expected):
    said = answer(session, statement)
    if expected.startswith("* @ "):
        assert said.rsplit(" @ ")[-1] == expected.removeprefix("* @ ")
    else:
        assert said == expected.removeprefix("\\")


@pytest.mark.parametrize("expression, column", [
    ("getdate()", "getdate"), ("dateadd(day, 1, date '2020-01-01')", "date_add"),
    ("datediff(day, date '2020-01-01', date '2020-01-02')", "date_diff"), ("current_date", "date"),
    ("extract(day from date '2020-01-01')", "date_part"), ("date_part(day, date '2020-01-01')", "pgdate_part"),
    ("nvl(1, 2)", "coalesce"), ("decode(1, 1, 2)", "case"), ("trim('a')", "btrim"), ("sysdate", "sysdate"),
])
def test_a_columns_name_is_redshifts(session, expression, column):
    assert session.execute(f"SELECT {expression}").description[0].name == column


def test_a_table_may_be_called_as_a_function_is(session):
    for name in ["decode", "convert", "median", "listagg", "extract_", "nvl2", "date_part"]:
        session.execute(f"CREATE TABLE functions.{name} (a int, b int, c int)")
        session.execute(f"INSERT INTO functions.{name} (a, b, c) VALUES (1, 2, 3)")
        session.execute(f"UPDATE functions.{name} SET a = 4")


def test_functions_are_taken_wherever_an_expression_is(session):
    session.execute("CREATE TABLE functions.made AS SELECT id, dateadd(day, 1, sold) AS next_day FROM functions.sales"
                    " WHERE datediff(day, '2020-01-01', sold) >= 1 ORDER BY date_part(dow, sold)")
    session.execute("CREATE TABLE functions.defaults (a int, b timestamp default dateadd(day, 1, sysdate), c date"
                    " default current_date)")
    session.execute("INSERT INTO functions.defaults (a) VALUES (nvl(NULL, 1))")
    session.execute("UPDATE functions.made SET next_day = dateadd(mon, 1, next_day)")
    session.execute("CREATE VIEW functions.seen AS SELECT listagg(id, ',') within group (order by id) AS ids"
                    " FROM functions.made")
    assert session.execute("SELECT ids FROM functions.seen").fetchone() == ("2,3,4,5",)
    assert session.execute("SELECT b > getdate() FROM functions.defaults").fetchone() == (True,)
    day = session.execute("SELECT date_part(d, dateadd(day, %s, %s::date))", [2, "2020-01-01"]).fetchone()
    assert day == (3.0,)
