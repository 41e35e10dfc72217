"""The four sets as a script of boto3 and psycopg finds them: all keys, all rows, and sets of Python's."""

import json
import os
import sys

import boto3
import psycopg

bucket, prefix, ledger = sys.argv[1:]
env = os.environ
s3 = boto3.client("s3", endpoint_url=env["AWS_ENDPOINT_URL"], region_name="us-east-1")
in_bucket = {found["Key"] for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
             for found in page.get("Contents", [])}
with psycopg.connect(host=env["REDSHIFT_HOST"], port=env["REDSHIFT_PORT"], dbname=env["REDSHIFT_DB"],
                     user=env["REDSHIFT_USER"], password=env["REDSHIFT_PASSWORD"]) as connection:
    rows = connection.execute(f"SELECT key FROM {ledger} WHERE bucket = %s", [bucket]).fetchall()
committed = {key for key, in rows if key.startswith(prefix)}
print(json.dumps({"committed_keys": len(committed), "keys_in_bucket": len(in_bucket),
                  "bucket_keys_to_be_committed": len(in_bucket - committed),
                  "bucket_keys_already_committed": len(in_bucket & committed)}))
