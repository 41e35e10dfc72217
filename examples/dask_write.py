"""A partitioned frame of Dask's into one table of Redshift: workers stage their partitions, one transaction writes all.

    python dask_write.py public.rides

S3 and the cluster are the environment's: AWS_*, PENSTOCK_S3_BASE_PATH, REDSHIFT_*.
"""

import sys

import dask.dataframe as dd
import pandas as pd
import penstock
from dask.distributed import Client


def write(frame: dd.DataFrame, table: str, client: Client) -> penstock.UpsertOutcome:
    # a task that fails, or is lost with its worker, is run again: only the parts that are gathered here count
    tasks = [client.submit(penstock.stage, partition, partition=i, retries=3)
             for i, partition in enumerate(client.compute(frame.to_delayed()))]
    return penstock.commit(client.gather(tasks), table, key="id", create=True)


if __name__ == "__main__":
    rides = pd.DataFrame({"id": range(10_000), "minutes": [i % 60 for i in range(10_000)], "city": "Oslo"})
    with Client(n_workers=2, threads_per_worker=1, dashboard_address=None) as client:
        print(write(dd.from_pandas(rides, npartitions=4), sys.argv[1], client))
