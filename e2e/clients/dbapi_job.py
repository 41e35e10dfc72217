"""The job by a driver of Python's: dbapi_job.py psycopg2 | psycopg | redshift_connector. Prints what it saw as JSON."""

import importlib
import json
import os
import ssl
import sys

env = os.environ
tls = env["JOB_TLS"] == "on"
name = sys.argv[1]
driver = importlib.import_module(name)
place = {"host": "localhost", "port": int(env["REDSHIFT_PORT"]), "user": env["REDSHIFT_USER"],
         "password": env["REDSHIFT_PASSWORD"]}
if name == "redshift_connector":
    # its own default: TLS, verified by the system's roots, to which SSL_CERT_FILE adds
    connection = driver.connect(**place, database=env["REDSHIFT_DB"],
                                **({"sslmode": "verify-full"} if tls else {"ssl": False}))
    encrypted = isinstance(connection._usock, ssl.SSLSocket)
else:
    connection = driver.connect(**place, dbname=env["REDSHIFT_DB"], sslmode="verify-full" if tls else "disable")
    encrypted = (connection.info if name == "psycopg2" else connection.pgconn).ssl_in_use

schema, keys = env["JOB_SCHEMA"], env["JOB_KEYS"]
cursor = connection.cursor()
cursor.execute(f"""CREATE TABLE {schema}.places (id integer NOT NULL ENCODE az64, name varchar(20) ENCODE zstd,
    seen timestamp, PRIMARY KEY (id)) DISTSTYLE KEY DISTKEY (id) COMPOUND SORTKEY (seen, id)""")
cursor.execute(f"COPY {schema}.places FROM '{env['JOB_URI']}' {keys} CSV EMPTYASNULL TIMEFORMAT 'auto'")
connection.commit()
cursor.execute("SELECT pg_last_copy_count()")
loaded = cursor.fetchone()[0]


def unload(prefix: str, how: str) -> int:
    """In the transaction that is open; the count that Redshift then gives."""
    cursor.execute(f"UNLOAD ('SELECT id, name, seen FROM {schema}.places WHERE name IS NULL OR name <> ''x'' ORDER BY 1')"
                   f" TO '{env['JOB_OUT_URI']}{prefix}' {keys} {how}")
    cursor.execute("SELECT pg_last_unload_count()")
    return cursor.fetchone()[0]


unloaded = [unload("csv_", "CSV HEADER PARALLEL OFF"), unload("parquet_", "FORMAT AS PARQUET MANIFEST VERBOSE")]
connection.commit()

# more than the five times after which psycopg 3 prepares, and redshift_connector's cache is used
for least in (0, 3, 2, 0, 3, 2, 1):
    cursor.execute(f"SELECT id, name, seen FROM {schema}.places WHERE id > %s ORDER BY id", (least,))
    rows = [[identity, text, str(seen)] for identity, text, seen in cursor.fetchall()]
cursor.executemany(f"INSERT INTO {schema}.places VALUES (%s, %s, %s)", [(10, "ten", None), (1, "again", "2024-02-01")])
cursor.execute(f"SELECT count(*) FROM {schema}.places")
count = cursor.fetchone()[0]
connection.rollback()

cursor.execute("""SELECT "column", type, distkey, sortkey FROM pg_table_def WHERE schemaname = %s AND tablename = %s""",
               ("public", "nothing"))
assert not cursor.fetchall(), "there is no such table"
cursor.execute(f"SET search_path TO {schema}")
cursor.execute("""SELECT "column", type, distkey, sortkey FROM pg_table_def WHERE schemaname = %s AND tablename = %s""",
               (schema, "places"))
columns = [list(row) for row in cursor.fetchall()]

try:
    cursor.execute(f"COPY {schema}.places FROM '{env['JOB_BAD_URI']}' {keys} CSV")
    refusal = None
except driver.Error as e:
    if name == "redshift_connector":
        refusal = [e.args[0]["C"], e.args[0]["M"]]
    else:
        refusal = [e.pgcode if name == "psycopg2" else e.sqlstate, e.diag.message_primary]
connection.rollback()
cursor.execute("SELECT err_code FROM stl_load_errors WHERE filename = %s", (env["JOB_BAD_URI"],))
codes = [row[0] for row in cursor.fetchall()]
connection.commit()

metadata = {}
if name == "redshift_connector":
    metadata["metadata"] = {
        # a key's index is listed beside: PostgreSQL has one
        "tables": [[row[2], row[3]] for row in cursor.get_tables(schema_pattern=schema) if row[3] == "TABLE"],
        "columns": [[row[3], row[5]] for row in cursor.get_columns(schema_pattern=schema, tablename_pattern="places")],
        "keys": [row[3] for row in cursor.get_primary_keys(schema=schema, table="places")]}

print(json.dumps({"encrypted": encrypted, "loaded": loaded, "unloaded": unloaded, "rows": rows, "count": count,
                  "columns": columns, "refusal": refusal, "codes": codes, **metadata}))
connection.close()
