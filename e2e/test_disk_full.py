"""The disk is full: what could not be written is said, nothing was changed, and nothing is left.

A limit on the size of files stands for the disk: it refuses the same write, and needs no file system of its own.
"""

import subprocess

import pytest
from harness.processes import tied
from harness.upsert_table import FIRST, Table

LIMIT = 64 << 10
MANY = "id,candy\n" + "".join(f"{i},candy number {i}\n" for i in range(20_000))
BAD = "id,candy\n" + "".join(f"x{i},candy number {i}\n" for i in range(20_000))


def limited(table: Table, *arguments: str, stdin: str = "", env: dict[str, str] | None = None):
    program = table.place.program
    command = ["prlimit", f"--fsize={LIMIT}", str(program.path), *table.arguments(*arguments)]
    done = subprocess.run(tied(command), env={**program.environment, **table.environment, **(env or {})}, input=stdin,
                          text=True, capture_output=True, timeout=90)
    assert done.returncode == 1, done.stderr
    assert "File too large" in done.stderr and "nothing was changed" in done.stderr, done.stderr
    return done.stderr


def test_the_folder_that_stdin_is_kept_in(table, tmp_path):
    spool = tmp_path / "spool"
    spool.mkdir()
    said = limited(table, "-", "--append", "--create", stdin=MANY, env={"TMPDIR": str(spool)})
    assert f"keeping stdin in {spool}" in said and "TMPDIR names another folder" in said, said
    assert table.place.tables() == [] and table.staged() == [] and list(spool.iterdir()) == []


@pytest.mark.parametrize("more", ["--append", "--replace"])
def test_the_file_of_rejects(table, tmp_path, more):
    table.create("id int, candy varchar(100)")
    table.upsert(table.file("id,candy\n" + "".join(f'{a},"{b}"\n' for a, b in FIRST)), "--append")
    rejects = tmp_path / "rejects"
    rejects.mkdir()
    said = limited(table, table.file(BAD + "7,Mars\n"), more, "--rejects", str(rejects / "bad.csv"))
    assert f"writing {rejects / 'bad.csv'}" in said, said
    assert table.rows() == FIRST and table.staged() == [] and list(rejects.iterdir()) == []


def test_stdout(table):
    program = table.place.program
    table.create("id int, candy varchar(100)")
    with open("/dev/full", "w") as full:
        done = subprocess.run(tied([str(program.path), *table.arguments(table.file(MANY), "--append", "--dry-run")]),
                              env={**program.environment, **table.environment}, stdout=full, stderr=subprocess.PIPE,
                              text=True, timeout=90)
    assert done.returncode == 1
    assert "stdout could not be written to" in done.stderr
