"""The job by dlt, which stages in S3: a first load, then one that adds a column and merges. Prints what it saw."""

import json
import os

import dlt

env = os.environ


@dlt.resource(name="places", primary_key="id", write_disposition="merge",
              columns={"name": {"data_type": "text"}, "seen": {"data_type": "timestamp"}})
def places(rows):
    yield from rows


pipeline = dlt.pipeline(pipeline_name="job", destination="redshift", staging="filesystem",
                        dataset_name=env["JOB_SCHEMA"] + "_dlt", pipelines_dir=env["JOB_FOLDER"])
pipeline.run(places([{"id": 1, "name": "one", "seen": "2024-01-01T00:00:00Z", "tags": ["a", "b"]},
                     {"id": 2, "name": "Zürich", "seen": "2024-01-02T00:00:00Z"}])).raise_on_failed_jobs()
pipeline.run(places([{"id": 2, "name": "zwei", "seen": "2024-02-02T00:00:00Z", "score": 0.5},
                     {"id": 3, "name": None, "seen": "2024-02-03T00:00:00Z"}]),
             loader_file_format="parquet").raise_on_failed_jobs()

with pipeline.sql_client() as client:
    rows = client.execute_sql("SELECT id, name, score FROM places ORDER BY id")
    tags = client.execute_sql("SELECT value FROM places__tags ORDER BY value")
    loads = client.execute_sql("SELECT count(*) FROM _dlt_loads WHERE status = 0")
print(json.dumps({"rows": [list(r) for r in rows], "tags": [r[0] for r in tags], "loads": loads[0][0]}))
