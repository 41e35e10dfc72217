"""The demo, as `make demo` runs it, and again at once."""

import os
import subprocess
from pathlib import Path

import pytest
from harness.processes import folder_for_servers

DEMO = Path(__file__).parent.parent / "demo/run"


@pytest.mark.parametrize("s3", ["folder", "versitygw"])
def test_the_demo_shows_what_it_says_and_does_so_again(s3: str) -> None:
    with folder_for_servers() as folder:
        environment = {**os.environ, "DAYS": "3", "S3": s3, "DEMO_DATA": str(folder / "data")}
        try:
            for _ in range(2):
                run = subprocess.run([DEMO], env=environment, capture_output=True, text=True, timeout=300, check=False)
                assert run.returncode == 0, run.stdout + run.stderr
                assert "every day's flights, distance and time in the air are the files'" in run.stdout
                assert "skipped 2012-12-31T00:00:00Z: stale" in run.stdout
        finally:
            subprocess.run([os.environ["PENSTOCK_BIN"] + "/penstock", "local", "down", "--data", folder / "data"],
                           check=False, capture_output=True)


def test_the_demo_refuses_what_it_cannot_do() -> None:
    for variable, value in (("DAYS", "366"), ("DAYS", "x"), ("S3", "tape")):
        run = subprocess.run([DEMO], env={**os.environ, variable: value}, capture_output=True, text=True, check=False)
        assert (run.returncode, f"{variable} is '{value}'" in run.stderr) == (2, True)
