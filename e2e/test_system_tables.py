"""The system tables: their columns, what is in them, and who sees it."""

import gzip
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

SHORT = {"int": "integer", "ts": "timestamp without time zone"}


def described():
    for line in (Path(__file__).parent / "system_tables.cases").read_text().splitlines():
        if line and not line.startswith("#"):
            name, columns = line.split(": ", 1)
            yield pytest.param(name, columns.split(", "), id=name)


def short(type_: str) -> str:
    for long, brief in [("character varying", "varchar"), ("character", "char")]:
        type_ = type_.replace(long, brief) if type_.startswith(long) else type_
    return type_


@pytest.mark.parametrize("name, columns", list(described()))
def test_a_system_table_has_its_columns(witness, superuser, name, columns):
    found = superuser.execute(
        "SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute"
        f" WHERE attrelid = coalesce(to_regclass('pg_catalog.redshift_{name}'), 'pg_catalog.{name}'::regclass)"
        " AND attnum > 0 ORDER BY attnum").fetchall()
    expected = [column.split(" ", 1) for column in columns]
    assert [[column, short(type_)] for column, type_ in found] == [
        [column, SHORT.get(type_, type_)] for column, type_ in expected]
    witness.execute(f"SELECT * FROM {name} LIMIT 1")  # and answers


@pytest.fixture
def table(place, witness):
    witness.execute(f"CREATE TABLE {place.schema}.t (id int NOT NULL DISTKEY, name varchar(5) ENCODE zstd,"
                    " n bigint IDENTITY(1,2), PRIMARY KEY (id)) SORTKEY (id)")
    return f"{place.schema}.t"


def rows(session, query: str) -> list[tuple]:
    return [tuple(v.rstrip() if isinstance(v, str) else v for v in row) for row in session.execute(query).fetchall()]


def eventually(seen):
    """What a session sees, once it is something."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if found := seen():
            return found
        time.sleep(0.05)
    raise AssertionError("nothing was seen")


def test_a_transactions_end_is_in_its_history(connect, table):
    with connect() as session:
        session.execute("BEGIN")
        session.execute(f"INSERT INTO {table} (id) VALUES (1)")
        session.execute("COMMIT")
        session.execute("BEGIN")
        session.execute(f"INSERT INTO {table} (id) VALUES (2)")
        session.execute("ROLLBACK")
        ended = rows(session, "SELECT status, transaction_start_time <= commit_end_time, isolation_level FROM"
                              " sys_transaction_history WHERE transaction_id IN (SELECT transaction_id FROM"
                              f" sys_query_history WHERE query_text LIKE 'INSERT INTO {table}%')"
                              " ORDER BY transaction_id")
    assert ended == [("committed", True, "Snapshot Isolation"), ("rolledback", True, "Snapshot Isolation")]


def test_a_statement_is_in_the_query_log_and_among_the_recent_ones(connect, table):
    with connect() as session:
        session.execute("SET query_group TO 'qlog'")
        session.execute(f"SELECT count(*) FROM {table}")
        logged = rows(session, "SELECT substring, aborted, elapsed >= 0 FROM svl_qlog WHERE label = 'qlog'")
        assert logged[0] == (f"SELECT count(*) FROM {table}", 0, True)
        recent = rows(session, f"SELECT status, pid FROM stv_recents WHERE query = 'SELECT count(*) FROM {table}'")
        assert recent == [("Done", -1)]
        running = rows(session, "SELECT status, user_name FROM stv_recents WHERE pid = pg_backend_pid()")
    assert running == [("Running", "awsuser")]


def test_long_texts_are_whole_in_their_pieces(connect):
    text = "SELECT '" + "x" * 5000 + "' AS long_one"
    with connect() as session:
        session.execute(text)
        session.execute(text.replace("long_one", "again"))
        pieces = rows(session, "SELECT sequence, text FROM sys_query_text WHERE query_id IN (SELECT query_id FROM"
                               " sys_query_text WHERE text LIKE '% AS long\\\\_one%') ORDER BY sequence")
    assert "".join(text for _, text in pieces) == text


def test_the_victim_of_a_conflict_is_noted(connect, table):
    with connect() as first, connect() as second:
        first.execute(f"INSERT INTO {table} (id) VALUES (1)")
        first.execute("BEGIN")
        first.execute(f"SELECT * FROM {table}")
        second.execute(f"UPDATE {table} SET name = 'b'")
        with pytest.raises(psycopg.Error):
            first.execute(f"UPDATE {table} SET name = 'c'")
        pid = first.info.backend_pid
        first.execute("ROLLBACK")
        assert rows(second, f"SELECT table_id = '{table}'::regclass, xact_start_ts <= abort_time FROM stl_tr_conflict"
                            f" WHERE process_id = {pid}") == [(True, True)]


def test_a_conflict_names_the_tables_number(connect, table):
    with connect() as first, connect() as second:
        first.execute(f"INSERT INTO {table} (id) VALUES (1)")
        first.execute("BEGIN")
        first.execute(f"SELECT * FROM {table}")
        second.execute(f"DELETE FROM {table}")
        with pytest.raises(psycopg.Error, match="1023") as failed:
            first.execute(f"DELETE {table} WHERE id = 1")
        first.execute("ROLLBACK")
        number = rows(second, f"SELECT '{table}'::regclass::oid")[0][0]
    assert failed.value.diag.message_detail.startswith(
        f"Serializable isolation violation on table - {number}, transactions forming the cycle are: ")


def test_locks_and_permanent_tables_are_shown(connect, table):
    with connect() as holder, connect() as other:
        holder.execute("BEGIN")
        holder.execute(f"LOCK {table}")
        locked = rows(other, f"SELECT lock_owner_pid, lock_status FROM stv_locks WHERE table_id = '{table}'::regclass")
        assert locked == [(holder.info.backend_pid, "Holding write lock")]
        holder.execute("ROLLBACK")
    with connect() as session:
        session.execute(f"INSERT INTO {table} (id) VALUES (1), (2)")
        assert rows(session, f"SELECT slice, name, rows, temp FROM stv_tbl_perm WHERE id = '{table}'::regclass") == [
            (0, "t", 2, 0)]


def test_a_load_shows_what_it_fetched(place, connect, table, local_redshift):
    env = local_redshift.environment
    place.bucket.put("d/1", "1,a\n")
    with connect() as session:
        session.execute(f"COPY {table} (id, name) FROM '{place.bucket.uri('d/1')}' ACCESS_KEY_ID"
                        f" '{env['AWS_ACCESS_KEY_ID']}' SECRET_ACCESS_KEY '{env['AWS_SECRET_ACCESS_KEY']}' CSV")
        assert rows(session, "SELECT http_method, bucket, key, transfer_size FROM stl_s3client"
                             " WHERE query = pg_last_copy_id()") == [("GET", place.bucket.name, "d/1", 4)]


@pytest.fixture
def load(place, local_redshift):
    """COPY of an object's bytes into a table."""
    env = local_redshift.environment
    keys = (f"ACCESS_KEY_ID '{env['AWS_ACCESS_KEY_ID']}' SECRET_ACCESS_KEY '{env['AWS_SECRET_ACCESS_KEY']}'")

    def run(session, target: str, data, options: str, key: str = "d/1"):
        place.bucket.put(key, data)
        session.execute(f"COPY {target} FROM '{place.bucket.uri(key)}' {keys} {options}")

    return run


def test_a_refused_row_is_shown_field_by_field_up_to_the_bad_one(connect, table, load, place):
    with connect() as session:
        load(session, f"{table} (id, name, n)", "1,a,3\n2,,x\n3,toolong,4\n4\n", "CSV EXPLICIT_IDS EMPTYASNULL MAXERROR 9")
        assert rows(session, "SELECT line_number, field, colname, value, is_null, type, col_length FROM"
                             " stl_loaderror_detail WHERE query = pg_last_copy_id() ORDER BY line_number, field") == [
            (2, 1, "id", "2", 0, "int4", "0"), (2, 2, "name", "", 0, "varchar", "5"), (2, 3, "n", "x", 0, "int8", "0"),
            (3, 1, "id", "3", 0, "int4", "0"), (3, 2, "name", "toolong", 0, "varchar", "5"),
            (4, 1, "id", "4", 0, "int4", "0")]
        assert rows(session, "SELECT DISTINCT filename FROM stl_loaderror_detail WHERE query = pg_last_copy_id()") == [
            (place.bucket.uri("d/1"),)]


def test_the_first_twenty_refused_rows_are_shown_in_detail(connect, table, load):
    with connect() as session:
        load(session, f"{table} (id)", "x\n" * 30, "CSV IGNOREALLERRORS")
        assert rows(session, "SELECT (SELECT count(*) FROM stl_load_errors WHERE query = pg_last_copy_id()),"
                             " (SELECT count(*) FROM stl_loaderror_detail WHERE query = pg_last_copy_id())") == [(30, 20)]


def test_what_acceptinvchars_replaced_is_listed(connect, table, load, place):
    with connect() as session:
        load(session, f"{table} (id, name)", b"1,a\n2,b\xa4\n3,\xffc\n", "CSV ACCEPTINVCHARS AS '^'")
        assert rows(session, f"SELECT tbl = '{table}'::regclass, filename, line_number, colname, raw_line FROM"
                             " stl_replacements WHERE query = pg_last_copy_id() ORDER BY line_number") == [
            (True, place.bucket.uri("d/1"), 2, "name", "2,b."), (True, place.bucket.uri("d/1"), 3, "name", "3,.c")]
        assert rows(session, f"SELECT name FROM {table} ORDER BY id") == [("a",), ("b^",), ("^c",)]


def test_a_request_that_s3_refused_is_listed_in_its_words(connect, table, local_redshift):
    env = local_redshift.environment
    with connect() as session:
        with pytest.raises(psycopg.Error, match="NoSuchBucket"):
            session.execute(f"COPY {table} FROM 's3://no-such-bucket-here/k' ACCESS_KEY_ID '{env['AWS_ACCESS_KEY_ID']}'"
                            f" SECRET_ACCESS_KEY '{env['AWS_SECRET_ACCESS_KEY']}' CSV")
        pid = session.info.backend_pid
        assert rows(session, f"SELECT http_method, bucket, key, error LIKE '%Error NoSuchBucket%' FROM"
                             f" stl_s3client_error WHERE pid = {pid}") == [("GET", "no-such-bucket-here", "k", True)]
        assert rows(session, f"SELECT process, errcode, error LIKE 'S3ServiceException:%', context FROM stl_error"
                             f" WHERE pid = {pid}") == [
            ("padbmaster", 8001, True, "S3 key being read : s3://no-such-bucket-here/k")]


def test_an_error_of_the_engine_is_listed_and_one_of_sql_is_not(connect, table):
    with connect() as session:
        for statement in [f"INSERT INTO {table} (id) VALUES (NULL)", "SELECT no_such_column", "SELCT"]:
            with pytest.raises(psycopg.Error):
                session.execute(statement)
        pid = session.info.backend_pid
        assert rows(session, f"SELECT errcode, error FROM stl_error WHERE pid = {pid}") == [
            (8007, "Cannot insert a NULL value into column id")]
        assert rows(session, "SELECT error_message FROM sys_query_history WHERE session_id = pg_backend_pid()"
                             " AND query_text LIKE 'INSERT%'") == [("Cannot insert a NULL value into column id",)]


def test_what_runs_is_shown_in_the_clients_words(connect, table):
    with connect() as waiting, connect() as holder, connect() as other:
        holder.execute("BEGIN")
        holder.execute(f"LOCK {table}")
        held = rows(other, f"SELECT lock_owner FROM stv_locks WHERE lock_owner_pid = {holder.info.backend_pid}")
        waiting.execute("SET query_group TO 'waits'")
        statement = f"select top 1 dateadd(day, 1, sysdate) from {table}"
        with ThreadPoolExecutor(1) as threads:
            running = threads.submit(waiting.execute, statement)
            pid = waiting.info.backend_pid
            seen = eventually(lambda: rows(other, "SELECT query > 0, label, text, xid FROM stv_inflight"
                                                  f" WHERE pid = {pid}"))
            assert seen == [(True, "waits", statement, seen[0][3])]
            assert rows(other, f"SELECT status, query FROM stv_recents WHERE pid = {pid}") == [("Running", statement)]
            assert rows(other, f"SELECT DISTINCT xid FROM svv_transactions WHERE pid = {pid} AND NOT granted") == [
                (seen[0][3],)]
            holder.execute("ROLLBACK")
            running.result()
        assert rows(other, f"SELECT count(*) FROM stv_inflight WHERE pid = {pid}") == [(0,)]
        assert rows(other, f"SELECT xid FROM stl_query WHERE pid = {pid}") == [(seen[0][3],)]
        assert rows(other, "SELECT DISTINCT xid FROM stl_utilitytext WHERE text LIKE 'LOCK%'"
                           f" AND pid = {holder.info.backend_pid}") == held
        assert rows(other, "SELECT pid, text FROM stv_inflight WHERE pid = pg_backend_pid()") == [
            (other.info.backend_pid, "SELECT pid, text FROM stv_inflight WHERE pid = pg_backend_pid()")]


def test_a_copy_shows_how_far_it_is(connect, table, load, place):
    with connect() as session:
        load(session, f"{table} (id, name)", "0,z\n", "CSV", key="d/3")
        load(session, f"{table} (id, name)", gzip.compress(b"0,z\n" * 9), "CSV GZIP", key="z/1")
        shown = "SELECT query = pg_last_copy_id(), bytes_to_load, bytes_loaded, lines, num_files, num_files_complete," \
                " current_file, pct_complete FROM stv_load_state WHERE session = pg_backend_pid()"
        assert rows(session, shown) == [(True, 0, 36, 9, 1, 1, place.bucket.uri("z/1"), 100)]
        assert rows(session, "SELECT bytes_to_load_compressed = bytes_loaded_compressed, bytes_loaded_compressed > 0"
                             " FROM stv_load_state WHERE session = pg_backend_pid()") == [(True, True)]
        load(session, f"{table} (id, name)", "0,z\n", "CSV", key="d/3")
        assert rows(session, shown)[0][1:6] == (4, 4, 1, 1, 1)
        pid = session.info.backend_pid
    with connect() as other:
        assert eventually(lambda: rows(other, f"SELECT count(*) FROM stv_load_state WHERE session = {pid}") == [(0,)])


def test_a_copy_makes_statistics_of_an_empty_table_or_when_told(connect, table, load):
    with connect() as session:
        off = f"SELECT stats_off FROM svv_table_info WHERE table_id = '{table}'::regclass"
        load(session, f"{table} (id)", "1\n2\n", "CSV")
        assert rows(session, off) == [(0,)]
        load(session, f"{table} (id)", "3\n4\n", "CSV")
        assert rows(session, off) == [(50,)], "the table had rows"
        load(session, f"{table} (id)", "5\n", "CSV STATUPDATE ON")
        assert rows(session, off) == [(0,)]
        session.execute(f"TRUNCATE {table}")
        load(session, f"{table} (id)", "5\n", "CSV STATUPDATE OFF")
        assert rows(session, off) != [(0,)]


def test_the_isolation_of_the_database_is_shown(connect):
    with connect() as session:
        shown = "SELECT db_name, isolation_level FROM stv_db_isolation_level"
        assert rows(session, shown) == [("dev", "Snapshot Isolation")]
        try:
            session.execute("ALTER DATABASE dev ISOLATION LEVEL SERIALIZABLE")
            assert rows(session, shown) == [("dev", "Serializable")]
        finally:
            session.execute("ALTER DATABASE dev ISOLATION LEVEL SNAPSHOT")


@pytest.fixture
def guest(superuser, local_redshift, connect):
    superuser.execute("CREATE ROLE guest LOGIN")
    with psycopg.connect(**{**local_redshift.private_postgres(), "user": "guest"}, autocommit=True) as session:
        yield session
    superuser.execute("DROP ROLE guest")


def test_what_is_the_superusers_is_refused_to_others(guest):
    for name in ["stl_tr_conflict", "stv_locks", "stv_tbl_perm", "svv_table_info", "sys_transaction_history"]:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            guest.execute(f"SELECT * FROM {name}")
    assert guest.execute("SELECT count(*) FROM sys_query_text").fetchone() == (0,)


def test_show_tells_of_databases_schemas_tables_and_columns(witness, place, table):
    assert rows(witness, "SHOW DATABASES")[0][0] == "dev"
    assert [row[:2] for row in rows(witness, f"SHOW SCHEMAS FROM DATABASE dev LIKE '{place.schema}'")] == [
        ("dev", place.schema)]
    assert [row[1:4] for row in rows(witness, f"SHOW TABLES FROM SCHEMA dev.{place.schema}")] == [
        (place.schema, "t", "TABLE")]
    shown = witness.execute(f"SHOW COLUMNS FROM TABLE dev.{place.schema}.t")
    at = {column.name: i for i, column in enumerate(shown.description)}
    assert [(r[at["column_name"]], r[at["data_type"]], r[at["sort_key"]], r[at["dist_key"]], r[at["encoding"]])
            for r in shown.fetchall()] == [("id", "integer", 1, 1, "none"), ("name", "character varying", 0, 0, "zstd"),
                                           ("n", "bigint", 0, 0, "az64")]


def test_show_table_gives_a_script_that_makes_the_table_again(witness, place, table):
    script = witness.execute(f"SHOW TABLE {table}").fetchone()[0]
    columns = "SELECT \"column\", type, encoding, distkey, sortkey, \"notnull\" FROM pg_table_def WHERE tablename = 't'"
    witness.execute(f"SET search_path TO {place.schema}")
    before = rows(witness, columns)
    witness.execute(f"DROP TABLE {table}")
    witness.execute(script)
    assert rows(witness, columns) == before
    assert witness.execute(f"SHOW TABLE {table}").fetchone()[0].replace("(1,2)", "") == script.replace("(1,2)", "")
    witness.execute("RESET search_path")
