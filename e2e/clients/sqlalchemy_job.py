"""The job by SQLAlchemy with sqlalchemy-redshift, and pandas upon it. Prints what it saw as JSON."""

import json
import os

import pandas
import sqlalchemy as sa
from sqlalchemy_redshift.commands import CopyCommand, Format, UnloadFromSelect

env = os.environ
tls = "verify-full" if env["JOB_TLS"] == "on" else "disable"
url = sa.URL.create("redshift+psycopg2", env["REDSHIFT_USER"], env["REDSHIFT_PASSWORD"], "localhost",
                    int(env["REDSHIFT_PORT"]), env["REDSHIFT_DB"])
engine = sa.create_engine(url, connect_args={"sslmode": tls, "sslrootcert": env["PGSSLROOTCERT"]})
schema = env["JOB_SCHEMA"]

places = sa.Table(
    "places", sa.MetaData(schema=schema),
    sa.Column("id", sa.Integer, nullable=False, primary_key=True, autoincrement=False),
    sa.Column("name", sa.String(20), info={"encode": "zstd"}),
    sa.Column("seen", sa.DateTime),
    redshift_diststyle="KEY", redshift_distkey="id", redshift_sortkey=("seen", "id"))
places.metadata.create_all(engine)
places.metadata.create_all(engine)  # finds it, and makes nothing

with engine.begin() as connection:
    connection.execute(CopyCommand(
        places, data_location=env["JOB_URI"], access_key_id=env["AWS_ACCESS_KEY_ID"],
        secret_access_key=env["AWS_SECRET_ACCESS_KEY"], format=Format.csv, empty_as_null=True, time_format="auto"))
with engine.begin() as connection:
    for prefix, how in (("text_", {"delimiter": "|", "add_quotes": True, "escape": True, "null": "-", "gzip": True}),
                        ("csv_", {"format": Format.csv, "header": True, "manifest": True, "encrypted": True,
                                  "max_file_size": 5 * 1024**2})):
        connection.execute(UnloadFromSelect(
            sa.select(places).where(sa.or_(places.c.name.is_(None), places.c.name != "x")).order_by(places.c.id),
            unload_location=env["JOB_OUT_URI"] + prefix, access_key_id=env["AWS_ACCESS_KEY_ID"],
            secret_access_key=env["AWS_SECRET_ACCESS_KEY"], parallel=False, allow_overwrite=True, **how))
with engine.connect() as connection:
    rows = [[r.id, r.name, str(r.seen)] for r in
            connection.execute(sa.select(places).where(places.c.id > 1).order_by(places.c.id))]

inspector = sa.inspect(engine)
columns = [[c["name"], str(c["type"]), c["nullable"]] for c in inspector.get_columns("places", schema=schema)]
reflected = sa.Table("places", sa.MetaData(), schema=schema, autoload_with=engine)

frame = pandas.DataFrame({"id": [1, 2], "text": ["a", "b"]})
frame.to_sql("frames", engine, schema=schema, index=False)
frame.to_sql("frames", engine, schema=schema, index=False, if_exists="append", method="multi")
frames = pandas.read_sql_table("frames", engine, schema=schema)

print(json.dumps({
    "rows": rows, "columns": columns, "tables": sorted(inspector.get_table_names(schema=schema)),
    "keys": inspector.get_pk_constraint("places", schema=schema)["constrained_columns"],
    "options": {k: v for k, v in reflected.dialect_options["redshift"].items() if k in ("diststyle", "distkey", "sortkey")},
    "frames": len(frames)}))
