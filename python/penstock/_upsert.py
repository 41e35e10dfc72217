from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any

from penstock import _core
from penstock._errors import Error
from penstock._frames import Rows, paths_of, rows_of
from penstock._progress import reporting
from penstock._types import ArrowArray, ArrowStream, ConnectionLike, Environment, OnProgress, Path, Seconds, Texts


def upsert(
    source: Path | Iterable[Path] | ArrowStream | ArrowArray | Iterable[ArrowStream | ArrowArray],
    into: str,
    *,
    key: Texts = (),
    mode: _core.WriteMode | str = "upsert",
    order_by: str = "",
    duplicates: _core.Duplicates | str = "refuse",
    null_keys: _core.NullKeys | str = "refuse",
    create: bool = False,
    dist_key: str = "",
    sort_key: Texts = (),
    evolve: bool = False,
    allow_empty: bool = False,
    missing_as_null: bool = False,
    query: str = "",
    streams: int = 0,
    format: _core.SourceFormat | str | None = None,
    columns: Texts = (),
    delimiter: str | None = None,
    quote: str = '"',
    escape: str | None = None,
    null_as: str = "",
    empty_as_null: bool = False,
    check: bool = False,
    rejects: Path = "",
    staging_bucket: str = "",
    memory: int = 256 << 20,
    lock_timeout: Seconds = 600,
    maintenance: bool = True,
    dry_run: bool = False,
    stream_name: str = "an Arrow stream",
    connection: ConnectionLike = None,
    environment: Environment = None,
    on_progress: OnProgress[_core.UpsertProgress] = None,
) -> _core.UpsertOutcome:
    """Writes a source into a table by its key: the last write wins.

    A row of the table gives way, whole, to the source's row of the same key. All of it is one transaction under the
    table's lock: readers see the table before or after, and a run that was killed anywhere may be run again.

    Args:
        source: A path, glob or URI, or several (CSV, JSON lines, Parquet; ``s3://``, ``postgresql://``,
            ``redshift://``); a data frame of pandas, polars or pyarrow, a DuckDB relation: anything with
            ``__arrow_c_stream__`` or ``__arrow_c_array__``; or an iterable of such batches, which is read as it is
            written, and never held whole. Columns go by their names. Of a frame of pandas the index counts if it has
            a name.
        into: The table, ``schema.table``.
        key: Columns that say which row is which.
        mode: What gives way: ``upsert`` (rows of the source's keys), ``append`` (nothing), ``replace`` (all).
        order_by: A column; a row that is older by it than the table's loses.
        duplicates: Several rows of one key in the source: ``refuse``; ``last`` (the newest by order_by, else the last
            by position); ``keep``.
        null_keys: Rows whose key is NULL: ``refuse``; ``match`` (NULL is a key as others are); ``insert``.
        create: Makes the table, of the source's types, where there is none.
        dist_key: Of the table that is made: a column.
        sort_key: Of the table that is made: columns.
        evolve: Adds the source's columns that the table has not.
        allow_empty: With ``replace``: lets a source without a record replace rows.
        missing_as_null: Columns that the source lacks become NULL in rows that give way.
        query: What to read of a server.
        streams: Sessions that read a table of PostgreSQL side by side; 0: as many as its size is worth.
        format: ``csv``, ``json`` (an object a line) or ``parquet``, where the name does not say.
        columns: Of CSV without a header, in its order; of others those to take.
        delimiter: Between fields of CSV; a comma, in ``.tsv`` a tab, by default.
        quote: Around fields of CSV.
        escape: Before a character of CSV that is to be taken as it is.
        null_as: An unquoted field of just this text is NULL.
        empty_as_null: In S3: an empty field of a text column is NULL, as it is in files.
        check: Every record is looked at first; is one bad, nothing is written, and the outcome has them all.
        rejects: A local path: bad records go there, and the others are written.
        staging_bucket: Where to stage if ``PENSTOCK_S3_BASE_PATH`` is not set.
        memory: Bytes of staging's buffers.
        lock_timeout: Seconds to wait for another writer of the table.
        maintenance: VACUUM DELETE ONLY and ANALYZE after the commit, best effort.
        dry_run: Says what would be done, and does nothing: the outcome's ``plan``.
        stream_name: What messages and the ledger call rows that have no path.
        connection: Where the cluster is; None: as the environment says (``REDSHIFT_HOST``, …).
        environment: Variables in place of the process's own.
        on_progress: Is called with an UpsertProgress now and then, in this thread; or ``"bar"``.

    Returns:
        How many rows were read, inserted, updated, superseded and replaced.

    Raises:
        InvalidError: Something is wrong with the options; all of it.
        NotFoundError: There is no such source, table or column.
        RefusedError: The source's records, or their keys.
        BusyError: Another writer held the table for too long.
        InDoubtError: The outcome of the commit is unknown. Of every other error: nothing was committed.
        KeyboardInterrupt: Ctrl-C; a note says what holds.

    >>> penstock.upsert("candies.csv", "foods.candies", key="id").inserted
    3
    >>> import pandas
    >>> frame = pandas.DataFrame({"id": [2, 4], "candy": ["Reese's", "Mars"]})
    >>> outcome = penstock.upsert(frame, "foods.candies", key="id")
    >>> outcome.inserted, outcome.updated
    (1, 1)
    """
    paths = paths_of(source)
    rows: Rows | None = None if paths is not None else rows_of(source)
    options: dict[str, Any] = dict(
        sources=paths or (), into=into, key=key, mode=mode, order_by=order_by, duplicates=duplicates,
        null_keys=null_keys, create=create, dist_key=dist_key, sort_key=sort_key, evolve=evolve,
        allow_empty=allow_empty, missing_as_null=missing_as_null, query=query, streams=streams, format=format,
        columns=columns, delimiter=delimiter, quote=quote, escape=escape, null_as=null_as,
        empty_as_null=empty_as_null, check=check, rejects=os.fspath(rejects), staging_bucket=staging_bucket, memory=memory,
        lock_timeout=lock_timeout, maintenance=maintenance, dry_run=dry_run, stream_name=stream_name)
    with reporting(on_progress, f"upsert {into}") as callback:
        try:
            return _core.upsert(options, rows.stream if rows else None, connection, environment, callback)
        except Error as error:
            if rows:
                rows.raise_own(error)
            raise
