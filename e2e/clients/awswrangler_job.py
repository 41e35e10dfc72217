"""The job by awswrangler: to_sql, copy, copy_from_files, upsert, unload. Prints what it saw as JSON."""

import json
import os

import awswrangler as wr
import pandas
import redshift_connector

env = os.environ
schema, bucket = env["JOB_SCHEMA"], env["JOB_BUCKET"]
wr.config.s3_endpoint_url = env["AWS_ENDPOINT_URL_S3"]
keys = {"aws_access_key_id": env["AWS_ACCESS_KEY_ID"], "aws_secret_access_key": env["AWS_SECRET_ACCESS_KEY"]}
how = {"sslmode": "verify-full"} if env["JOB_TLS"] == "on" else {"ssl": False}
connection = redshift_connector.connect(
    host="localhost", port=int(env["REDSHIFT_PORT"]), database=env["REDSHIFT_DB"], user=env["REDSHIFT_USER"],
    password=env["REDSHIFT_PASSWORD"], **how)


def places(*rows: tuple[int, str, str]) -> pandas.DataFrame:
    frame = pandas.DataFrame(rows, columns=["id", "name", "seen"])
    frame["seen"] = pandas.to_datetime(frame["seen"])
    return frame


def seen(table: str) -> list:
    frame = wr.redshift.read_sql_query(f"SELECT id, name, seen FROM {schema}.{table} ORDER BY id, name", connection)
    return [[int(r.id), r.name_, str(r.seen)] for r in frame.rename(columns={"name": "name_"}).itertuples()]


result = {}
target = {"con": connection, "schema": schema}
loading = {**target, **keys}
keyed = {"diststyle": "KEY", "distkey": "id", "sortstyle": "COMPOUND", "sortkey": ["id"], "primary_keys": ["id"]}

wr.redshift.to_sql(places((1, "one", "2024-01-01"), (2, "Zürich", "2024-01-02")), table="inserted", mode="overwrite",
                   index=False, **target, **keyed)
wr.redshift.to_sql(places((3, "three", "2024-01-03")), table="inserted", mode="append", index=False, **target)
result["to_sql"] = seen("inserted")

wr.redshift.copy(places((1, "one", "2024-01-01"), (2, "two", "2024-01-02")), f"s3://{bucket}/copy/", table="copied",
                 mode="overwrite", **loading, **keyed)
result["copy"] = seen("copied")
wr.redshift.copy(places((2, "zwei", "2024-02-02"), (3, "drei", "2024-02-03")), f"s3://{bucket}/upsert/",
                 table="copied", mode="upsert", **loading, **keyed)
result["upsert"] = seen("copied")

wr.s3.to_parquet(places((7, "seven", "2024-01-07")), f"s3://{bucket}/files/7.parquet")
wr.redshift.copy_from_files(f"s3://{bucket}/files/", table="copied", mode="append", **loading)
result["copy_from_files"] = seen("copied")



def listed(frame: pandas.DataFrame) -> list:
    return [[int(identity), name, str(seen)] for identity, name, seen in
            frame.sort_values("id")[["id", "name", "seen"]].itertuples(index=False)]


# through files that are gone when it returns
query = f"SELECT id, name, seen FROM {schema}.copied WHERE name <> 'x'"
result["unload"] = listed(wr.redshift.unload(query, f"s3://{bucket}/unload/", connection, **keys))
result["left"] = wr.s3.list_objects(f"s3://{bucket}/unload/")
chunks = list(wr.redshift.unload(query, f"s3://{bucket}/chunks/", connection, chunked=3, keep_files=True, **keys))
result["chunks"] = [listed(pandas.concat(chunks)), [len(chunk) for chunk in chunks]]

files = {"path": f"s3://{bucket}/partitions/", "con": connection, **keys}
wr.redshift.unload_to_files(query, partition_cols=["id"], manifest=True, **files)
wr.redshift.unload_to_files(query + " AND id < 3", partition_cols=["id"], cleanpath=True, parallel=False, **files)
wr.redshift.unload_to_files(query, f"s3://{bucket}/csv/", connection, unload_format="CSV", parallel=False,
                            max_file_size=5.0, kms_key_id="a-key", **keys)
partitions = wr.s3.read_parquet(f"s3://{bucket}/partitions/", dataset=True, path_suffix=".parquet")  # not the manifest
partitions["id"] = partitions["id"].astype(int)
result["partitions"] = listed(partitions)

print(json.dumps(result))
connection.close()
