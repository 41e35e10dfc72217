"""penstock move holds a part of a large file, whatever the file's size: the kernel's count of the peak says so."""

import os
import subprocess
from pathlib import Path

import pyarrow.parquet
import pytest
from harness.processes import tied

MOST_MIB = 400
LINE = b"%d,2024-01-31 12:00:00,name of a thing,12.50\n"


@pytest.fixture(scope="module")
def large_csv(tmp_path_factory) -> Path:
    """300 MB."""
    path = tmp_path_factory.mktemp("large") / "large.csv"
    block = b"".join(LINE % i for i in range(100_000))
    with path.open("wb") as file:
        file.write(b"id,at,name,price\n")
        for _ in range((300 << 20) // len(block) + 1):
            file.write(block)
    return path


def peak(program, *arguments: str) -> float:
    """MiB."""
    process = subprocess.Popen(tied([str(program.path), "move", *arguments]), env=program.environment,
                               stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    said = process.stderr.read()
    _pid, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, said
    return used.ru_maxrss / 1024


def test_a_csv_to_parquet(program, large_csv, tmp_path):
    out = tmp_path / "out.parquet"
    assert peak(program, str(large_csv), str(out)) < MOST_MIB
    read = pyarrow.parquet.ParquetFile(out)
    with large_csv.open("rb") as file:
        assert read.metadata.num_rows == sum(1 for _ in file) - 1
    assert read.metadata.num_row_groups > 1, "a row group is held whole"


def test_a_file_to_s3_and_back(program, place, large_csv, tmp_path):
    assert peak(program, str(large_csv), place.bucket.uri("large.csv")) < MOST_MIB
    out = tmp_path / "back.csv"
    assert peak(program, place.bucket.uri("large.csv"), str(out)) < MOST_MIB
    assert out.read_bytes() == large_csv.read_bytes()
