"""A dataset of Ray's into one table of Redshift: each block is staged by a task, one transaction writes all.

    python ray_write.py public.rides

S3 and the cluster are the environment's: AWS_*, PENSTOCK_S3_BASE_PATH, REDSHIFT_*.
"""

import sys

import pandas as pd
import penstock
import ray
import ray.data


@ray.remote(max_retries=3)
def stage(block, partition: int) -> penstock.Part:
    return penstock.stage(block, partition=partition)


def write(rows: ray.data.Dataset, table: str) -> penstock.UpsertOutcome:
    parts = ray.get([stage.remote(block, i) for i, block in enumerate(rows.to_arrow_refs())])
    return penstock.commit(parts, table, key="id", create=True)


if __name__ == "__main__":
    ray.init(num_cpus=2, include_dashboard=False)
    rides = pd.DataFrame({"id": range(10_000), "minutes": [i % 60 for i in range(10_000)], "city": "Oslo"})
    print(write(ray.data.from_pandas(rides).repartition(4), sys.argv[1]))
