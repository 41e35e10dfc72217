"""Rows in and out of the package as Arrow's streams: move() of a frame, scan() of any source."""

import gc
import threading

import duckdb
import pandas as pd
import penstock
import polars as pl
import pyarrow as pa
import pytest

ROWS = [(1, "a,b"), (2, ""), (3, None)]
USERS = pa.table({"id": pa.array([1, 2, 3], pa.int32()), "name": pa.array(["a,b", "", None])})


@pytest.fixture
def environment(table, local_redshift) -> dict[str, str]:
    return {**local_redshift.environment, **table.environment}


def rows_of(source, **how) -> list[tuple]:
    return [tuple(row.values()) for row in pa.table(penstock.scan(source, **how)).to_pylist()]


@pytest.mark.parametrize("name", ["u.csv", "u.tsv.gz", "u.jsonl", "u.jsonl.zst", "u.parquet", "u.orc"])
def test_a_frame_moves_into_a_file_and_is_scanned_as_it_was(tmp_path, name):
    moved = penstock.move(USERS, tmp_path / name)
    assert moved.rows == 3 and moved.written == [str(tmp_path / name)]
    assert rows_of(tmp_path / name) == ROWS


def test_frames_move_into_s3_and_tables_and_are_scanned_there(table, environment):
    place = table.place
    uri = place.bucket.uri("u.parquet")
    penstock.move(pl.from_arrow(USERS), uri, environment=environment)
    assert rows_of(uri, environment=environment) == ROWS
    into = f"redshift://::{place.schema}.users"
    moved = penstock.move(USERS.to_pandas(), into, environment=environment)
    assert moved.rows == 3
    assert sorted(place.query(f"SELECT id, name FROM {place.schema}.users")) == sorted(ROWS, key=lambda r: r[0])
    assert sorted(rows_of(into, environment=environment)) == ROWS
    query = f"SELECT name FROM {place.schema}.users WHERE id = 1"
    assert rows_of("redshift://", query=query, environment=environment) == [("a,b",)]
    assert table.staged() == []


def test_engines_take_a_scan_as_their_own(tmp_path):
    penstock.move(USERS, tmp_path / "u.parquet")
    users = penstock.scan(tmp_path / "u.parquet")
    assert pl.DataFrame(users).rows() == ROWS
    assert pd.DataFrame.from_arrow(users)["id"].tolist() == [1, 2, 3]
    reader = pa.RecordBatchReader.from_stream(users)
    assert duckdb.sql("SELECT count(*), max(id) FROM reader").fetchall() == [(3, 3)]
    assert penstock.move(users, tmp_path / "again.csv").rows == 3


def test_what_is_not_read_to_its_end_ends_all_the_same(tmp_path):
    penstock.move(pa.table({"id": range(2_000_000)}), tmp_path / "long.csv")
    threads = threading.active_count()
    reader = pa.RecordBatchReader.from_stream(penstock.scan(tmp_path / "long.csv", memory=8 << 20))
    batch = reader.read_next_batch()
    reader.close()
    del reader
    gc.collect()
    assert batch.column(0)[0].as_py() == 0, "it outlives its stream"
    assert threading.active_count() == threads


def test_an_error_is_told_by_who_reads_and_kept_as_it_is(tmp_path):
    bad = tmp_path / "bad.csv"
    bad.write_text("id,name\n" + "1,x\n" * 200_000 + "1,2,3\n")
    with pytest.raises(penstock.RefusedError, match="line 200002"):
        pa.table(penstock.scan(bad))
    later = penstock.scan(bad, sample=10)
    with pytest.raises(OSError, match="line 200002"):
        pa.table(later)
    assert isinstance(later.error, penstock.RefusedError)
    with pytest.raises(penstock.NotFoundError):
        pa.table(penstock.scan(tmp_path / "none.csv"))
    with pytest.raises(penstock.InvalidError, match="sample"):
        penstock.scan("a.parquet", sample=3)


def test_a_frame_that_fails_while_it_moves_leaves_nothing(tmp_path):
    def batches():
        yield USERS.to_batches()[0]
        raise ZeroDivisionError("of its maker")

    with pytest.raises(ZeroDivisionError):
        penstock.move(batches(), tmp_path / "half.csv")
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(penstock.InvalidError, match="sample means nothing"):
        penstock.move(USERS, tmp_path / "a.csv", sample=3)
