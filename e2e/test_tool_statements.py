"""The statements of tools that are not run here, word for word, in the order in which the tools send them."""

import io

import psycopg
import psycopg2
import pyarrow.parquet as pq
import pytest


@pytest.fixture
def keys(local_redshift) -> str:
    env = local_redshift.environment
    return f"aws_access_key_id={env['AWS_ACCESS_KEY_ID']};aws_secret_access_key={env['AWS_SECRET_ACCESS_KEY']}"


@pytest.fixture
def send(local_redshift, place):
    """One session of the simple protocol, in which nothing begins a transaction but the statements."""
    env = local_redshift.environment
    connection = psycopg2.connect(host=env["REDSHIFT_HOST"], port=env["REDSHIFT_PORT"], dbname=env["REDSHIFT_DB"],
                                  user=env["REDSHIFT_USER"], password=env["REDSHIFT_PASSWORD"],
                                  options=f"-csearch_path={place.schema}")
    connection.autocommit = True
    cursor = connection.cursor()

    def rows(statement: str) -> list[tuple]:
        cursor.execute(statement)
        return cursor.fetchall() if cursor.description else []

    rows.notices = connection.notices
    yield rows
    connection.close()


def test_sling_loads_and_unloads(send, place, keys):
    s, bucket = place.schema, place.bucket.name
    place.bucket.put(f'sling_temp/"{s}"."t_tmp"/1.csv', '"id","name","ts"\n1,"one","2024-01-01 00:00:00"\n2,"",\n')
    assert place.connection.pgconn.exec_(b";").status == psycopg.pq.ExecStatus.EMPTY_QUERY  # its ping
    send("BEGIN READ WRITE")
    send(f'create table if not exists "{s}"."t" ("id" bigint, "name" varchar(65535), "ts" timestamp)'
         ' compound sortkey("id", "ts")')
    send("COMMIT")
    send(f'create table "{s}"."t_tmp" ("id" bigint, "name" varchar(65535), "ts" timestamp) compound sortkey("id", "ts")')
    send(f'insert into "{s}"."t" values (1, \'old\', null)')
    send(f'COPY "{s}"."t_tmp" ("id", "name", "ts")\nfrom \'s3://{bucket}/sling_temp/"{s}"."t_tmp"\'\n'
         f"credentials '{keys}'\nCSV delimiter ',' EMPTYASNULL BLANKSASNULL IGNOREHEADER 1"
         " DATEFORMAT 'auto' TIMEFORMAT 'auto'")
    send("BEGIN ISOLATION LEVEL SERIALIZABLE READ WRITE")
    send(f'delete from "{s}"."t" using "{s}"."t_tmp" where "{s}"."t"."id" = "{s}"."t_tmp"."id"')
    send(f'insert into "{s}"."t" ("id", "name", "ts") select "id", "name", "ts" from "{s}"."t_tmp"')
    send("COMMIT")
    send(f'drop table if exists "{s}"."t_tmp"')
    assert send('select "id", "name" from "t" order by 1') == [(1, "one"), (2, None)]
    send(f"""unload ('select * from "{s}"."t" where "id" < 3')
        to 's3://{bucket}/sling/u' credentials '{keys}'
        gzip allowoverwrite CSV PARALLEL NULL '\\\\N' HEADER DELIMITER ','""")
    assert {key for key in place.bucket.objects() if key.startswith("sling/")} == {
        "sling/u0000_part_00.gz", "sling/u0001_part_00.gz"}


def test_sling_asks_why_a_load_failed(send, place, keys):
    place.bucket.put("bad", "1\nx\n")
    send("create table t (id int)")
    with pytest.raises(psycopg2.Error, match="stl_load_errors"):
        send(f"COPY t from '{place.bucket.uri('bad')}' credentials '{keys}' CSV")
    (row,) = send("select colname, line_number, err_reason  from stl_load_errors order by starttime desc limit 1")
    assert (row[0].strip(), row[1], row[2].strip()) == ("id", 2, "Invalid digit, Value 'x', Pos 0, Type: Integer")


def test_spark_asks_for_the_errors_of_its_last_query_after_the_rollback(send, place, keys):
    place.bucket.put("bad", "1|abcdef\n")
    send("begin; create table t (id int, s varchar(5))")
    with pytest.raises(psycopg2.Error, match="stl_load_errors"):
        send(f"COPY t FROM '{place.bucket.uri('bad')}' CREDENTIALS '{keys}'")
    send("rollback")
    (row,) = send("SELECT err_code, err_reason, col_length, colname, type, raw_line, raw_field_value"
                  " FROM stl_load_errors WHERE query = pg_last_query_id()")
    assert [value.strip() if isinstance(value, str) else value for value in row] == [
        1204, "String length exceeds DDL length", "5", "s", "varchar", "1|abcdef", "abcdef"]


def test_locopy_copies_and_finds_what_it_unloaded(send, place, keys):
    place.bucket.put("locopy/f.gz.1", b"")
    place.bucket.put("data.txt", "a|b\n1|" + "x" * 30 + "\n")
    send("create table t (id int, name varchar(10))")
    send(f"COPY t FROM '{place.bucket.uri('data.txt')}' CREDENTIALS '{keys}'"
         " DELIMITER '|' IGNOREHEADER AS 1 DATEFORMAT 'auto' COMPUPDATE ON TRUNCATECOLUMNS;")
    assert send("SELECT * FROM t") == [(1, "x" * 10)]
    assert send("SELECT * FROM (select id, name from t) WHERE 1 = 0") == []
    send(f"UNLOAD ('select id, name from t') TO '{place.bucket.uri('out/')}' CREDENTIALS '{keys}'"
         " PARALLEL OFF DELIMITER '|' GZIP")
    assert [path.strip() for (path,) in
            send("SELECT path FROM stl_unload_log WHERE query = pg_last_query_id() ORDER BY path")] == [
        place.bucket.uri("out/000.gz")]


def test_airflow_upserts_through_a_temporary_table_and_unloads(send, place, keys):
    s = place.schema
    place.bucket.put("people/1", "1,uno\n3,tre\n")
    send(f"CREATE TABLE {s}.people (id int not null, name varchar(10) default 'x', primary key (id))")
    send(f"INSERT INTO {s}.people VALUES (1, 'one'), (2, 'two')")
    send(f"CREATE TABLE #people (LIKE {s}.people INCLUDING DEFAULTS);")
    send(f"""
                    COPY #people
                    FROM '{place.bucket.uri("people/")}'
                    credentials
                    '{keys}'
                    region 'us-east-1'
                    csv;
        """)
    send("BEGIN;")
    send(f"DELETE FROM {s}.people USING #people WHERE {s}.people.id = #people.id;")
    send(f"INSERT INTO {s}.people SELECT * FROM #people;")
    send("COMMIT")
    send(f"""
                    UNLOAD ($$SELECT * FROM {s}.people WHERE name <> 'y'$$)
                    TO '{place.bucket.uri("airflow/")}people_'
                    credentials
                    '{keys}'
                    PARQUET
                    PARALLEL OFF
                    ALLOWOVERWRITE;
        """)
    table = pq.read_table(io.BytesIO(place.bucket.get("airflow/people_000.parquet")))
    assert sorted(map(tuple, (row.values() for row in table.to_pylist()))) == [(1, "uno"), (2, "two"), (3, "tre")]


def test_copy_and_unload_are_found_behind_comments_and_among_other_statements(send, place, keys):
    place.bucket.put("d/1", "1\n2\n")
    send(f"""/* {{"app": "job"}} */ begin; -- a note
        create temp table stage (id int); /* COPY nothing */
        copy stage from '{place.bucket.uri("d/")}' credentials '{keys}' csv;
        create table kept as select * from stage;
        unload ('select id from stage') to '{place.bucket.uri("o/")}' credentials '{keys}' parallel off;
        end""")
    assert send("select count(*), pg_last_copy_count(), pg_last_unload_count() from kept") == [(2, 2, 2)]
    assert place.bucket.get("o/000") == b"1\n2\n"
    texts = [notice.strip() for notice in send.notices]
    assert texts == ["INFO:  Load into table 'stage' completed, 2 record(s) loaded successfully.",
                     "INFO:  UNLOAD completed, 2 record(s) unloaded successfully."]


def test_bound_parameters_are_no_part_of_copy_and_unload(place, connect, keys):
    with connect() as connection:
        connection.execute("create temp table t (id int)")
        for statement in ("COPY t FROM %s CREDENTIALS 'aws_iam_role=arn:aws:iam::123456789012:role/r'",
                          "UNLOAD ('select 1') TO %s CREDENTIALS 'aws_iam_role=arn:aws:iam::123456789012:role/r'"):
            with pytest.raises(psycopg.errors.SyntaxError, match=r'syntax error at or near "\$1"'):
                connection.execute(statement, (place.bucket.uri("d/"),))
