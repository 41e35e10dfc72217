"""write.py WAY ROWS: makes a frame of pandas, then writes it into public.target; prints seconds, and how many MiB beside it.

WAY: penstock, or awswrangler's copy or to_sql.
"""

import ctypes
import gc
import json
import os
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

# of the table
COLUMNS = "id bigint, name varchar(40), amount double precision, quantity int, at timestamp, note varchar(200)"


def frame(rows: int) -> pd.DataFrame:
    generator = np.random.default_rng(7)
    ids = np.arange(rows, dtype=np.int64)
    names = pd.Series(ids % 100_000).astype("str")
    return pd.DataFrame({
        "id": ids,
        "name": "name " + names,
        "amount": generator.integers(0, 10_000_000, rows) / 100,
        "quantity": (ids % 1000).astype(np.int32),
        "at": np.datetime64("2024-01-01", "us") + (ids % 10_000_000).astype("timedelta64[s]"),
        "note": pd.Series(ids % 977).astype("str").str.pad(40, fillchar="n"),
    })


def by_penstock(rows: pd.DataFrame) -> None:
    import penstock

    penstock.upsert(rows, "public.target", mode="append", maintenance=False)


def by_awswrangler(act: str):
    import awswrangler as wr
    import redshift_connector

    wr.config.s3_endpoint_url = os.environ["AWS_ENDPOINT_URL_S3"]
    keys = {"aws_access_key_id": os.environ["AWS_ACCESS_KEY_ID"], "aws_secret_access_key": os.environ["AWS_SECRET_ACCESS_KEY"]}
    connection = redshift_connector.connect(
        host=os.environ["REDSHIFT_HOST"], port=int(os.environ["REDSHIFT_PORT"]), database="dev",
        user=os.environ["REDSHIFT_USER"], password=os.environ["REDSHIFT_PASSWORD"], ssl=False)

    def copy(rows: pd.DataFrame) -> None:
        wr.redshift.copy(rows, path="s3://bench/awswrangler/", con=connection, schema="public", table="target", mode="append",
                         varchar_lengths={"name": 40, "note": 200}, **keys)

    def to_sql(rows: pd.DataFrame) -> None:
        wr.redshift.to_sql(rows, con=connection, schema="public", table="target", mode="append", chunksize=1000)

    return {"copy": copy, "to_sql": to_sql}[act]


def mebibytes(of: str) -> float:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(of + ":")) / 1024


def main() -> None:
    way, count = sys.argv[1], int(sys.argv[2])
    rows = frame(count)
    write = by_penstock if way == "penstock" else by_awswrangler(way)
    # what making the frame took, and is free now, would be counted as before, and used unseen
    gc.collect()
    pa.default_memory_pool().release_unused()
    ctypes.CDLL(None).malloc_trim(0)
    before = mebibytes("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")  # from here on the most is counted anew
    started = time.monotonic()
    write(rows)
    print(json.dumps({"seconds": time.monotonic() - started, "beside": mebibytes("VmHWM") - before, "before": before}))


if __name__ == "__main__":
    main()
