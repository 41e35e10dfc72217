"""The examples: Dask, Ray and Spark each write a partitioned frame into one table, on their own local clusters."""

import os
import subprocess
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parent.parent / "examples"
PYTHON = os.environ["CLUSTERS_PYTHON"]
ROWS = 10_000

# The first try of each task stages, and is lost before anybody hears of it.
RETRIES = """
import os, pathlib, sys
import dask.dataframe as dd, pandas as pd, penstock
from dask.distributed import Client

def stage(frame, partition):
    part = penstock.stage(frame, partition=partition)
    mark = pathlib.Path(os.environ["MARKS"], str(partition))
    if not mark.exists():
        mark.touch()
        raise ConnectionError("lost")
    return part

if __name__ == "__main__":
    frame = dd.from_pandas(pd.DataFrame({"id": range(10_000), "minutes": 7, "city": "Oslo"}), npartitions=3)
    with Client(n_workers=2, threads_per_worker=1, dashboard_address=None) as client:
        tasks = [client.submit(stage, rows, i, retries=1) for i, rows in enumerate(client.compute(frame.to_delayed()))]
        penstock.commit(client.gather(tasks), sys.argv[1], mode="append", create=True)
"""


@pytest.fixture
def write(table, local_redshift, tmp_path):
    """Runs a program that writes the test's rides."""

    def run(program: Path) -> None:
        environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "MARKS": str(tmp_path),
                       "PYTHONPATH": os.environ["PYTHONPATH"], "RAY_USAGE_STATS_ENABLED": "0",
                       "RAY_TMPDIR": "/tmp", "SPARK_LOCAL_IP": "127.0.0.1", "PYSPARK_PYTHON": PYTHON,
                       **{name: os.environ[name] for name in ("JAVA_HOME", "LANG") if name in os.environ},
                       **local_redshift.environment, **table.environment}
        done = subprocess.run([PYTHON, str(program), f"{table.place.schema}.rides"], env=environment, text=True,
                              capture_output=True, timeout=600, check=False, cwd=tmp_path)
        said = done.stdout[-3000:] + done.stderr[-6000:]
        assert done.returncode == 0, said
        for secret in local_redshift.secrets:
            assert secret not in done.stdout + done.stderr

    return run


def written(table) -> tuple:
    return table.place.query(f"SELECT count(*), count(DISTINCT id), min(id), max(id), count(DISTINCT city)"
                             f" FROM {table.place.schema}.rides")[0]


@pytest.mark.parametrize("engine", ["dask", "ray", "spark"])
def test_a_partitioned_frame_is_one_load(write, table, engine):
    write(EXAMPLES / f"{engine}_write.py")
    assert written(table) == (ROWS, ROWS, 0, ROWS - 1, 1)
    [(_, _, parts, rows, _)] = table.place.loads()
    assert rows == ROWS and parts > 1
    assert table.staged() == []


def test_tasks_that_staged_twice_are_written_once(write, table, tmp_path, local_redshift):
    program = tmp_path / "retries.py"
    program.write_text(RETRIES)
    write(program)
    assert written(table) == (ROWS, ROWS, 0, ROWS - 1, 1)
    assert len({key.split("/")[2] for key in table.staged()}) == 3, "of each partition one part is nobody's"
