"""Each mutant is a penstock that loads, and makes one mistake that loaders make; a test of ours must fail for it.

The patches of mutants/ say what is mistaken. The tests are run as they are run for the real program, which passes them.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from harness.mutant import build_mutant
from harness.processes import folder_for_servers

MUTANTS = Path(__file__).parent / "mutants"
ONE_BLOCK = "test_in_doubt.py::test_the_wire_shows_one_block_that_locks_first_deletes_and_copies_by_manifest_and_names"
WAITS = "test_workers.py::test_a_worker_that_comes_while_another_commits_waits_and_then_sees_its_load"
FOUND_BY = {
    "lock_late": [WAITS, ONE_BLOCK],
    "no_lock": [WAITS, ONE_BLOCK],
    "ledger_apart": ["test_crash.py::test_killed_at_any_point_a_load_is_as_if_it_had_run_once", ONE_BLOCK],
    "commit_retried": ["test_in_doubt.py::test_a_commit_in_doubt_is_settled_by_the_ledger",
                       "test_upsert_faults.py::test_a_commit_in_doubt_is_settled_and_writes_once"],
    "truncate": ["test_guard.py::test_a_copy_that_fails_leaves_the_rows_that_it_was_to_replace"],
    "prefix_copy": ["test_formats.py::test_siblings_of_a_key_are_never_loaded", ONE_BLOCK],
    "delete_any_version": [
        "test_reconcile_acts.py::test_a_key_overwritten_at_its_own_removal_survives_and_is_exit_4"],
    "copy_by_basename": ["test_reconcile_acts.py::test_what_is_committed_is_copied_with_its_path_and_once"],
    "journal_late": ["test_reconcile_acts.py::test_the_journal_names_what_a_killed_deletion_took"],
    "upsert_removes_last": ["test_upsert.py::test_the_candies_twice_from_a_file"],
    "upsert_first_wins": ["test_upsert.py::test_random_batches_are_last_write_wins"],
    "upsert_older_wins": ["test_upsert.py::test_a_row_that_is_older_than_the_tables_loses"],
    "upsert_verify_skipped": ["test_upsert_s3.py::test_an_object_that_changes_while_it_is_read_is_exit_4"],
    "upsert_forgets_in_doubt": [
        "test_upsert_faults.py::test_an_upsert_whose_outcome_stays_unknown_says_how_to_learn_it"],
    "upsert_staging_left": ["test_upsert.py::test_the_candies_twice_from_a_file"],
}


@pytest.fixture(scope="session")
def folder():
    with folder_for_servers() as made:
        yield made


@pytest.mark.parametrize("name", [patch.stem for patch in sorted(MUTANTS.glob("*.patch"))])
def test_a_mutant_is_found(folder, binaries, name):
    place = folder / name
    place.mkdir()
    build_mutant(MUTANTS / f"{name}.patch", place)
    (place / "penstock-endpoint").symlink_to(binaries / "penstock-endpoint")
    for test in FOUND_BY[name]:
        run = subprocess.run([sys.executable, "-m", "pytest", "--maxfail=1", test], cwd=MUTANTS.parent,
                             env={**os.environ, "PENSTOCK_BIN": str(place)}, capture_output=True, text=True,
                             timeout=300)
        assert run.returncode == pytest.ExitCode.TESTS_FAILED, run.stdout + run.stderr
        told = re.findall(r"^(FAILED|ERROR) ", run.stdout, re.MULTILINE)
        assert told == ["FAILED"], f"{test} did not find it, or could not look for it:\n{run.stdout}"


def test_every_mutant_is_there():
    assert {patch.stem for patch in MUTANTS.glob("*.patch")} == set(FOUND_BY)
