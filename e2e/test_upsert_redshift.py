"""penstock upsert of a query's rows, which a cluster writes into S3 by UNLOAD; here it is the target's own."""

from urllib.parse import quote

import pytest
from harness.upsert_table import CHANGED, FIRST, SECOND, as_csv, counts

COLUMNS = ("id int, s varchar(100), c char(3), b boolean, n decimal(38,10), f float8, r real, d date, t timestamp,"
           " z timestamptz, h time")
ROWS = """
    (1, 'a,b "c"', 'ab', true, 1234567890123456789012345678.0123456789, 0.1, 0.1, '2024-01-31',
     '2024-01-31 12:00:00.123456', '2024-01-31 12:00:00.654321+02', '23:59:59.999999'),
    (2, '', '', false, -0.0000000001, 1e300, -1e30, '1969-12-31', '1999-12-31 23:59:59.999999', NULL, '00:00'),
    (3, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    (4, 'NULL', 'xyz', true, 0, 2.2250738585072014e-308, 0, '2999-01-01', '0001-01-01', '2000-01-01 00:00+00', '12:00'),
    (5, chr(26), '\\\\N', true, 1, 1.7976931348623157e308, 3.4028235e38, '2024-02-29', '2024-02-29', NULL, NULL),
    (6, 'zwei' || chr(10) || 'Zeilen' || chr(13) || chr(10) || 'ü \\\\ 日本', ' a', true, 9.5, 0.30000000000000004, 1, NULL,
     NULL, NULL, NULL)
"""


@pytest.fixture
def candies(table):
    table.create("id int, candy varchar(100)")
    table.place.connection.execute(f"CREATE TABLE {table.place.schema}.raw (candy varchar(100), id int)")
    return table


def fill(table, rows: list[tuple]) -> None:
    table.place.connection.execute(f"DELETE FROM {table.place.schema}.raw")
    for number, candy in rows:
        table.place.connection.execute(f"INSERT INTO {table.place.schema}.raw VALUES (%s, %s)", (candy, number))


@pytest.fixture
def uri(local_redshift) -> str:
    env = local_redshift.environment
    return (f"redshift://{quote(env['REDSHIFT_USER'])}:{quote(env['REDSHIFT_PASSWORD'], safe='')}@"
            f"{env['REDSHIFT_HOST']}:{env['REDSHIFT_PORT']}/{env['REDSHIFT_DB']}")


def test_the_candies_twice_from_a_query_and_from_a_table(candies, uri):
    raw = f"{candies.place.schema}.raw"
    fill(candies, FIRST)
    query = f"SELECT id, candy AS \"Candy\" FROM {raw} ORDER BY id LIMIT 3 -- not all;\n ;"
    first = candies.upsert("redshift://", "--query", query, "--key", "id")
    assert counts(first) == (3, 3, 0, 0)
    assert first["bytes_staged"] > 0
    assert candies.rows() == FIRST
    fill(candies, [(row["id"], row["candy"]) for row in CHANGED])
    assert counts(candies.upsert(f"{uri}::{raw}", "--key", "id")) == (2, 1, 1, 0)
    assert candies.rows() == SECOND
    [source] = candies.place.query("SELECT source FROM penstock.loads WHERE schema_name = %s ORDER BY committed_at DESC"
                                   " LIMIT 1", candies.place.schema)[0]
    assert source.startswith("redshift://") and source.endswith(f"::{raw}")


def test_every_value_comes_as_it_is(table):
    schema = table.place.schema
    table.create(COLUMNS)
    table.place.connection.execute(f"CREATE TABLE {schema}.raw ({COLUMNS})")
    table.place.connection.execute(f"INSERT INTO {schema}.raw VALUES {ROWS}")
    assert counts(table.upsert("redshift://", "--query", f"SELECT * FROM {schema}.raw", "--key", "id")) == (6, 6, 0, 0)
    assert table.rows() == table.place.rows("raw")
    assert table.place.query(f"SELECT count(*) FROM {schema}.raw r JOIN {schema}.candies c ON r.id = c.id"
                             " WHERE r.f = c.f AND r.n = c.n AND r.r = c.r") == [(5,)]


def test_a_query_without_rows_writes_nothing(candies):
    fill(candies, FIRST)
    query = f"SELECT * FROM {candies.place.schema}.raw WHERE id < 0"
    assert counts(candies.upsert("redshift://", "--query", query, "--append")) == (0, 0, 0, 0)
    candies.upsert("redshift://", "--query", f"SELECT * FROM {candies.place.schema}.raw", "--replace")
    said = candies.upsert("redshift://", "--query", query, "--replace", code=1)["said"]
    assert "the source holds no record" in said
    assert candies.rows() == FIRST


@pytest.mark.parametrize("query, code, said", [
    ("SELECT 'no query", 1, "looking at the query"),
    ("SELECT 1 AS id, 'x' AS sweets", 1, "has no column sweets"),
    ("SELECT 1 AS id, 'x' AS candy, 2 AS ID", 1, "is there twice"),
    ("SELECT 1 AS id, 'x' AS candy UNION ALL SELECT 1, 'y'", 1, "several records of one key"),
    ("SELECT CAST('x' AS varchar(5)) AS id, 'y' AS candy", 1, "column id"),
    ("SELECT id / (3 - id) AS id, candy FROM {schema}.raw", 1, "UNLOAD"),
    (" ; ", 2, "query is empty"),
])
def test_what_is_wrong_is_said_and_nothing_stays(candies, query, code, said):
    fill(candies, FIRST)
    candies.upsert("redshift://", "--query", f"SELECT * FROM {candies.place.schema}.raw", "--key", "id")
    refused = candies.upsert("redshift://", "--query", query.format(schema=candies.place.schema), "--key", "id", code=code)
    assert said in refused["said"]
    assert candies.rows() == FIRST


def test_a_password_never_shows(candies, uri):
    wrong = uri.replace(uri.split("@")[0].rsplit(":", 1)[1], "canary-word")
    for source in (wrong, wrong.replace("redshift://", "redshift://[")):
        run = candies.place.program.run(*candies.arguments(source, "--query", "SELECT 1 AS id", "--key", "id"),
                                        env=candies.environment)
        assert run.code in (1, 2), str(run)
        assert "canary" not in run.said
    planned = candies.place.program.run(*candies.arguments(uri, "--query", "SELECT 1 AS id, 'x' AS candy", "--key", "id",
                                                           "--dry-run"), env=candies.environment)
    assert planned.code == 0, str(planned)
    assert "UNLOAD on redshift://" in planned.records[0]["plan"][0]


def test_of_files_only_is_refused_by_name(candies):
    said = candies.upsert("redshift://", "--query", "SELECT 1 AS id", "--key", "id", "--duplicates", "last", "--null-as",
                          "NA", code=2)["said"]
    assert "--null-as means nothing for redshift://" in said and "needs --order-by" in said
    assert "--query" in candies.upsert("redshift://", "--key", "id", code=2)["said"]
    assert "--query needs" in candies.upsert(candies.file(as_csv(CHANGED)), "--query", "SELECT 1", "--key", "id",
                                             code=2)["said"]
