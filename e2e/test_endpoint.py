"""The local Redshift, as two drivers that we didn't write see it: it fails as Redshift fails."""

import bz2
import gzip
import io

import psycopg
import pyarrow
import pyarrow.orc
import pytest
import redshift_connector
from harness.place import json_lines


@pytest.fixture(params=["psycopg", "redshift_connector"])
def session(request, local_redshift, connect):
    """A connection of either driver, in autocommit."""
    env = local_redshift.environment
    if request.param == "psycopg":
        connection = connect()
    else:
        connection = redshift_connector.connect(
            host=env["REDSHIFT_HOST"], port=int(env["REDSHIFT_PORT"]), database=env["REDSHIFT_DB"],
            user=env["REDSHIFT_USER"], password=env["REDSHIFT_PASSWORD"], ssl=False)
        connection.autocommit = True
    yield Session(connection, place_of(local_redshift))
    connection.close()


def place_of(local_redshift) -> str:
    env = local_redshift.environment
    return f"ACCESS_KEY_ID '{env['AWS_ACCESS_KEY_ID']}' SECRET_ACCESS_KEY '{env['AWS_SECRET_ACCESS_KEY']}'"


class Session:
    """What the two drivers have in common: statements, rows, and errors with a code and a message."""

    def __init__(self, connection, keys: str) -> None:
        self.connection = connection
        self.keys = keys

    def do(self, text: str) -> None:
        self.connection.cursor().execute(text)

    def rows(self, text: str) -> list[tuple]:
        cursor = self.connection.cursor()
        cursor.execute(text)
        return [tuple(v.rstrip() if isinstance(v, str) else v for v in row) for row in cursor.fetchall()]

    def value(self, text: str):
        return self.rows(text)[0][0]

    def error(self, text: str) -> tuple[str, str, str]:
        """SQLSTATE, message, detail."""
        with pytest.raises((psycopg.Error, redshift_connector.Error)) as e:
            self.do(text)
        if isinstance(e.value, psycopg.Error):
            return e.value.sqlstate, e.value.diag.message_primary, e.value.diag.message_detail or ""
        fields = e.value.args[0]
        return fields["C"], fields["M"], fields.get("D", "")


@pytest.fixture
def table(place, session):
    name = f"{place.schema}.t"
    session.do(f"CREATE TABLE {name} (id int NOT NULL, name varchar(5), PRIMARY KEY (id))"
               " DISTSTYLE KEY DISTKEY(id) SORTKEY(id)")
    return name


def copy(session, table: str, uri: str, options: str = "CSV") -> str:
    return f"COPY {table} FROM '{uri}' {session.keys} {options}"


def test_copy_loads_and_counts(place, session, table):
    place.bucket.put("d/1.csv", "1,a\n2,b\n")
    place.bucket.put("d/2.csv", "3,c\n")
    session.do(copy(session, table, place.bucket.uri("d/")))
    assert session.rows(f"SELECT id, name FROM {table} ORDER BY id") == [(1, "a"), (2, "b"), (3, "c")]
    assert session.value("SELECT pg_last_copy_count()") == 3
    query = session.value("SELECT pg_last_copy_id()")
    committed = session.rows(f"SELECT filename, lines_scanned FROM stl_load_commits WHERE query = {query} ORDER BY 1")
    assert committed == [
        (place.bucket.uri("d/1.csv"), 2), (place.bucket.uri("d/2.csv"), 1)]


def orc(rows: list[tuple]) -> bytes:
    ids, names = zip(*rows)
    out = io.BytesIO()
    pyarrow.orc.write_table(pyarrow.table({"x": pyarrow.array(ids, pyarrow.int32()), "y": names}), out)
    return out.getvalue()


AS_JSON = json_lines([{"id": 1, "name": "a"}, {"name": "b", "id": 2}])


@pytest.mark.parametrize("body, options", [
    (b"1,a\n2,b\n", "CSV"), (b"id,name\n1,a\n2,b\n", "CSV IGNOREHEADER 1"), (b"1|a\n2|b\n", ""),
    (b"1\ta\n2\tb\n", "DELIMITER '\\t'"), (gzip.compress(b"1,a\n2,b\n"), "CSV GZIP"),
    (bz2.compress(b"1,a\n2,b\n"), "CSV BZIP2"), (b"1 a\n2 b\n", "FIXEDWIDTH 'id:2,name:1'"),
    ("1,a\n2,b\n".encode("utf-16"), "CSV ENCODING UTF16"), (orc([(1, "a"), (2, "b")]), "FORMAT AS ORC"),
    (AS_JSON, "JSON 'auto'"),
    (AS_JSON, "FORMAT AS JSON 'auto'"),
], ids=["csv", "header", "pipes", "tabs", "gzip", "bzip2", "fixed", "utf16", "orc", "json", "format-as-json"])
def test_copy_reads_a_format(place, session, table, body, options):
    place.bucket.put("d/1", body)
    session.do(copy(session, table, place.bucket.uri("d/1"), options))
    assert session.rows(f"SELECT id, name FROM {table} ORDER BY id") == [(1, "a"), (2, "b")]


def test_copy_waits_for_postgresql_to_take_what_it_reads(place, session, table):
    place.bucket.put("d/1", "".join(f"{i},n{i % 9999}\n" for i in range(300_000)))
    session.do(copy(session, table, place.bucket.uri("d/1")))
    assert session.rows(f"SELECT count(*), count(DISTINCT id), max(id) FROM {table}") == [(300_000, 300_000, 299_999)]


def test_a_backslash_dot_does_not_end_a_load(place, session, table):
    place.bucket.put("d/1", "1,\\.\n2,b\n")
    session.do(copy(session, table, place.bucket.uri("d/1")))
    assert session.rows(f"SELECT id, name FROM {table} ORDER BY id") == [(1, "\\."), (2, "b")]


@pytest.mark.parametrize("body, line, column, code, reason", [
    ("1,a\nx,b\n", 2, "id", 1207, "Invalid digit, Value 'x', Pos 0, Type: Integer"),
    ("1,a\n2,toolong\n", 2, "name", 1204, "String length exceeds DDL length"),
    ("1,äöü\n", 1, "name", 1204, "String length exceeds DDL length"),
    ("1,a,b\n", 1, "", 1202, "Extra column(s) found"),
    (",a\n", 1, "id", 1213, "Missing data for not-null field"),
    ("1\n", 1, "", 1214, "Delimiter not found"),
])
def test_a_bad_row_fails_the_copy_and_is_recorded(place, session, table, body, line, column, code, reason):
    place.bucket.put("d/1", body)
    sqlstate, message, _detail = session.error(copy(session, table, place.bucket.uri("d/1")))
    assert sqlstate == "XX000"
    assert message == "Load into table 't' failed.  Check 'stl_load_errors' system table for details."
    assert session.rows(f"SELECT count(*) FROM {table}") == [(0,)]
    recorded = session.rows("SELECT line_number, colname, err_code, err_reason FROM stl_load_errors"
                            f" WHERE filename = '{place.bucket.uri('d/1')}'")
    assert recorded == [(line, column, code, reason)]


def test_maxerror_skips_rows_and_records_them(place, session, table):
    place.bucket.put("d/1", "1,a\nx,b\n3,c\n")
    session.do(copy(session, table, place.bucket.uri("d/1"), "CSV MAXERROR 2"))
    assert session.rows(f"SELECT id FROM {table} ORDER BY id") == [(1,), (3,)]
    assert session.value("SELECT pg_last_copy_count()") == 2
    assert session.error(copy(session, table, place.bucket.uri("d/1"), "CSV MAXERROR 1"))[0] == "XX000"


@pytest.mark.parametrize("uri, keys, says", [
    ("s3://{bucket}/nothing/", None, "The specified S3 prefix 'nothing/' does not exist"),
    ("s3://{bucket}-not/x", None, "NoSuchBucket"),
    ("s3://{bucket}/d/1", "ACCESS_KEY_ID 'AKIANOBODYNOBODY0000' SECRET_ACCESS_KEY 'x'", "InvalidAccessKeyId"),
])
def test_s3s_refusals_are_errors_of_the_statement(place, session, table, uri, keys, says):
    place.bucket.put("d/1", "1,a\n")
    session.keys = keys or session.keys
    sqlstate, message, detail = session.error(copy(session, table, uri.format(bucket=place.bucket.name)))
    assert sqlstate == "XX000"
    assert says in message + detail


def test_a_wrong_secret_is_refused_as_s3_refuses_it(place, session, table, local_redshift):
    place.bucket.put("d/1", "1,a\n")
    session.keys = session.keys.replace(local_redshift.environment["AWS_SECRET_ACCESS_KEY"], "x" * 40)
    assert "SignatureDoesNotMatch" in "".join(session.error(copy(session, table, place.bucket.uri("d/1"))))


@pytest.mark.parametrize("form", [
    "IAM_ROLE default", "IAM_ROLE 'arn:aws:iam::123456789012:role/loader'",
    "IAM_ROLE 'arn:aws:iam::123456789012:role/a,arn:aws:iam::123456789012:role/b'",
    "CREDENTIALS 'aws_iam_role=arn:aws:iam::123456789012:role/loader'",
    "WITH CREDENTIALS AS 'aws_access_key_id={key};aws_secret_access_key={secret}'",
    "ACCESS_KEY_ID AS '{key}' SECRET_ACCESS_KEY AS '{secret}'",
])
def test_roles_are_the_endpoints_own_account_and_keys_are_those_given(place, session, table, local_redshift, form):
    place.bucket.put("d/1", "1,a\n")
    env = local_redshift.environment
    session.keys = form.format(key=env["AWS_ACCESS_KEY_ID"], secret=env["AWS_SECRET_ACCESS_KEY"])
    session.do(copy(session, table, place.bucket.uri("d/1")))
    assert session.rows(f"SELECT id, name FROM {table}") == [(1, "a")]


@pytest.mark.parametrize("form, says", [
    ("CREDENTIALS 'aws_access_key_id=AKIANOBODYNOBODY0000;aws_secret_access_key=x'", "InvalidAccessKeyId"),
    ("CREDENTIALS 'aws_access_key_id={key};aws_secret_access_key=wrong'", "SignatureDoesNotMatch"),
    ("CREDENTIALS 'aws_access_key_id={key}'", "Invalid credentials. Must be of the format"),
    ("CREDENTIALS 'aws_access_key_id={key}; aws_secret_access_key={secret}'", "Invalid credentials."),
])
def test_credentials_that_s3_refuses(place, session, table, local_redshift, form, says):
    place.bucket.put("d/1", "1,a\n")
    env = local_redshift.environment
    session.keys = form.format(key=env["AWS_ACCESS_KEY_ID"], secret=env["AWS_SECRET_ACCESS_KEY"])
    sqlstate, message, detail = session.error(copy(session, table, place.bucket.uri("d/1")))
    assert sqlstate == "XX000"
    assert says in message + detail


def test_a_missing_table_is_xx000(place, session):
    place.bucket.put("d/1", "1,a\n")
    sqlstate, message, _ = session.error(copy(session, f"{place.schema}.nobody", place.bucket.uri("d/1")))
    assert (sqlstate, message) == ("XX000", "Cannot COPY into nonexistent table nobody")


def test_copy_is_part_of_its_transaction_and_the_error_rows_are_not(place, session, table):
    place.bucket.put("d/1", "1,a\n")
    place.bucket.put("e/1", "x,a\n")
    session.do("BEGIN")
    session.do(copy(session, table, place.bucket.uri("d/1")))
    assert session.value(f"SELECT count(*) FROM {table}") == 1
    session.error(copy(session, table, place.bucket.uri("e/1")))
    assert session.error("SELECT 1")[0] == "25P02"
    session.do("ROLLBACK")
    assert session.value(f"SELECT count(*) FROM {table}") == 0
    assert session.value(f"SELECT count(*) FROM stl_load_errors WHERE filename = '{place.bucket.uri('e/1')}'") == 1


def test_what_a_copy_loaded_is_seen_in_stl_load_commits_before_the_commit(place, session, table):
    place.bucket.put("d/1", "1,a\n")
    session.do("BEGIN")
    session.do(copy(session, table, place.bucket.uri("d/1")))
    assert session.value("SELECT count(*) FROM stl_load_commits WHERE query = pg_last_copy_id()") == 1
    session.do("ROLLBACK")


def test_truncate_commits(place, session, table):
    session.do("BEGIN")
    session.do(f"INSERT INTO {table} VALUES (1, 'a')")
    session.do(f"TRUNCATE {table}")
    session.do("ROLLBACK")
    assert session.value(f"SELECT count(*) FROM {table}") == 0
    session.do(f"CREATE TABLE {table}2 (a int)")
    session.do("BEGIN")
    session.do(f"INSERT INTO {table}2 VALUES (1)")
    session.do(f"TRUNCATE {table}")
    session.do("ROLLBACK")
    assert session.value(f"SELECT count(*) FROM {table}2") == 1, "the work before TRUNCATE is committed with it"


def test_keys_are_informational(session, table):
    session.do(f"INSERT INTO {table} VALUES (1, 'a')")
    session.do(f"INSERT INTO {table} VALUES (1, 'b')")
    assert session.value(f"SELECT count(*) FROM {table}") == 2


def test_conflicting_writes_are_1023(place, session, table, connect):
    session.do(f"INSERT INTO {table} VALUES (1, 'a')")
    with connect() as other:
        session.do("BEGIN")
        session.value(f"SELECT count(*) FROM {table}")
        other.execute(f"UPDATE {table} SET name = 'b'")
        sqlstate, message, detail = session.error(f"UPDATE {table} SET name = 'c'")
        session.do("ROLLBACK")
    assert sqlstate == "XX000"
    assert "1023" in message + detail or "conflict with concurrent transaction" in message


def test_ddl_shows_in_pg_table_def(place, session, table):
    session.do(f"SET search_path TO {place.schema}")
    shown = session.rows("SELECT \"column\", type, distkey, sortkey, \"notnull\" FROM pg_table_def"
                         f" WHERE schemaname = '{place.schema}' AND tablename = 't'")
    assert shown == [("id", "integer", True, 1, True), ("name", "character varying(5)", False, 0, False)]


def test_only_one_column_is_added_at_a_time(session, table):
    session.do(f"ALTER TABLE {table} ADD COLUMN c int")
    assert session.error(f"ALTER TABLE {table} ADD COLUMN d int, ADD COLUMN e int")[0] == "42601"


def test_vacuum_is_refused_in_a_block_and_analyze_is_not(session, table):
    session.do(f"VACUUM DELETE ONLY {table}")
    session.do("BEGIN")
    assert session.error(f"VACUUM {table}")[0] == "25001"
    session.do("ROLLBACK")
    session.do(f"ANALYZE {table}")


def test_a_backslash_is_an_escape_in_a_literal(session):
    assert session.value(r"SELECT 'a\'b'") == "a'b"
    assert session.value(r"SELECT 'a\\b'") == "a\\b"


def test_names_are_folded_even_when_quoted(place, session):
    session.do(f'CREATE TABLE {place.schema}."MixedCase" ("Id" int)')
    assert session.value(f"SELECT count(id) FROM {place.schema}.mixedcase") == 0


def test_credentials_are_blanked_in_what_is_logged(place, session, table, local_redshift):
    place.bucket.put("d/1", "1,a\n")
    session.do(copy(session, table, place.bucket.uri("d/1")))
    text = session.value("SELECT querytxt FROM stl_query WHERE query = pg_last_copy_id()")
    assert place.bucket.uri("d/1") in text
    assert local_redshift.environment["AWS_SECRET_ACCESS_KEY"] not in text


def test_it_is_redshift_8_0_2_to_its_clients(session):
    assert session.value("SELECT version()").startswith("PostgreSQL 8.0.2 on")
    assert "Redshift" in session.value("SELECT version()")


@pytest.mark.parametrize("statement", [
    "COPY (SELECT 1) TO PROGRAM 'true'", "SELECT pg_read_file('/etc/passwd')", "CREATE EXTENSION plpython3u",
    "COPY pg_class TO '/tmp/x'", "ALTER SYSTEM SET fsync = off", "CREATE ROLE r SUPERUSER",
])
def test_the_servers_machine_is_out_of_reach(session, statement):
    session.error(statement)


def test_a_wrong_password_is_refused(connect):
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        connect(password="x")
