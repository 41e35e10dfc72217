"""A frame of Spark's into one table of Redshift: each task stages its partition, one transaction writes all.

    python spark_write.py public.rides

S3 and the cluster are the environment's: AWS_*, PENSTOCK_S3_BASE_PATH, REDSHIFT_*.
"""

import sys
from collections.abc import Iterator

import penstock
import pyarrow as pa
from pyspark import TaskContext
from pyspark.sql import DataFrame, SparkSession


def stage(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    partition = TaskContext.get().partitionId()
    first = next(batches, None)
    if first is None:
        return  # an empty partition

    def all_batches() -> Iterator[pa.RecordBatch]:
        yield first
        yield from batches

    part = penstock.stage(all_batches(), partition=partition)
    yield pa.RecordBatch.from_pydict({"part": [part.to_json()]})


def write(frame: DataFrame, table: str) -> penstock.UpsertOutcome:
    rows = frame.mapInArrow(stage, "part string").collect()
    return penstock.commit([penstock.Part.from_json(row.part) for row in rows], table, key="id", create=True)


if __name__ == "__main__":
    with SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false").getOrCreate() as spark:
        rides = spark.range(10_000, numPartitions=4).selectExpr("id", "id % 60 AS minutes", "'Oslo' AS city")
        print(write(rides, sys.argv[1]))
