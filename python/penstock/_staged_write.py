from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from penstock import _core
from penstock._errors import Error
from penstock._frames import rows_of
from penstock._progress import reporting
from penstock._types import ArrowArray, ArrowStream, ConnectionLike, Environment, OnProgress, Seconds, Texts


def stage(
    rows: ArrowStream | ArrowArray | Iterable[ArrowStream | ArrowArray],
    *,
    partition: int | None = None,
    types: Mapping[str, str] | None = None,
    name: str = "a staged part",
    staging_bucket: str = "",
    memory: int = 256 << 20,
    environment: Environment = None,
    on_progress: OnProgress[_core.UpsertProgress] = None,
) -> _core.Part:
    """Stages rows in S3, for a commit of this and other parts, which other machines may stage.

    Needs S3, and no cluster. What is staged and never committed is removed by ``sweep``.

    Args:
        rows: A data frame of pandas, polars or pyarrow, a DuckDB relation, or an iterable of such batches.
        partition: The part's place among the others: rows then carry their position, by which
            ``commit(duplicates="last")`` knows the last one. Two parts of one partition are not committed together.
        types: Of columns of the table whose types are not what the rows' types would be made: by their names, a type
            of Redshift's, such as ``{"born": "timestamp"}``.
        name: What messages and the ledger call it.
        staging_bucket: Where to stage if ``PENSTOCK_S3_BASE_PATH`` is not set.
        memory: Bytes of buffers.
        environment: Variables in place of the process's own.
        on_progress: Is called with an UpsertProgress now and then, in this thread; or ``"bar"``.

    Returns:
        The part: a small value that pickle takes; ``to_json`` makes it text.

    Raises:
        InvalidError: Something is wrong with the options; all of it.
        RefusedError: A value that can't be written, with its row and column. Of every error: nothing is left of it.

    >>> import pandas
    >>> part = penstock.stage(pandas.DataFrame({"id": [7, 8], "candy": ["Twix", "Mars"]}))
    >>> part.rows
    2
    >>> penstock.discard([part])
    """
    source = rows_of(rows)
    options: dict[str, Any] = dict(partition=partition, name=name, staging_bucket=staging_bucket, memory=memory)
    with reporting(on_progress, f"stage {name}") as callback:
        try:
            return _core.stage(options, dict(types) if types is not None else None, source.stream, environment,
                               callback)
        except Error as error:
            source.raise_own(error)
            raise


def commit(
    parts: Iterable[_core.Part],
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
    staging_bucket: str = "",
    lock_timeout: Seconds = 600,
    maintenance: bool = True,
    dry_run: bool = False,
    connection: ConnectionLike = None,
    environment: Environment = None,
) -> _core.UpsertOutcome:
    """Writes staged parts into a table: all of them in one transaction, each of them once.

    What was committed is known: to commit the same parts again, after a driver was killed say, changes nothing, and the
    outcome is that of the first time, with ``known_as``. Where it fails nothing was changed, and the parts stay for
    another try. Columns go by their names; all parts have the same, of the same types.

    Args:
        parts: What ``stage`` returned: only these count, whatever else was staged by tasks that were run twice or lost.
        into: The table, ``schema.table``.
        key: Columns that say which row is which.
        mode: What gives way: ``upsert`` (rows of the parts' keys), ``append`` (nothing), ``replace`` (all).
        order_by: A column; a row that is older by it than the table's loses.
        duplicates: Several rows of one key in the parts: ``refuse``; ``last`` (the newest by order_by, else the last by
            partition and position); ``keep``.
        null_keys: Rows whose key is NULL: ``refuse``; ``match`` (NULL is a key as others are); ``insert``.
        create: Makes the table, of the parts' types, where there is none.
        dist_key: Of the table that is made: a column.
        sort_key: Of the table that is made: columns.
        evolve: Adds the parts' columns that the table has not.
        allow_empty: With ``replace``: lets parts without a row replace rows.
        missing_as_null: Columns that the parts lack become NULL in rows that give way.
        staging_bucket: Where the manifest is put if ``PENSTOCK_S3_BASE_PATH`` is not set; else beside the parts.
        lock_timeout: Seconds to wait for another writer of the table.
        maintenance: VACUUM DELETE ONLY and ANALYZE after the commit, best effort.
        dry_run: Says what would be done, and does nothing: the outcome's ``plan``.
        connection: Where the cluster is; None: as the environment says (``REDSHIFT_HOST``, …).
        environment: Variables in place of the process's own.

    Returns:
        How many rows were read, inserted, updated, superseded and replaced.

    Raises:
        InvalidError: Something is wrong with the options; all of it.
        RefusedError: Parts that do not agree, or do not fit the table, all of it; their keys.
        ConflictError: Some of the parts were committed before, or their objects are gone or overwritten.
        BusyError: Another writer held the table for too long.
        InDoubtError: The outcome of the commit is unknown: to commit the same parts again settles it. Of every other
            error: nothing was committed.

    >>> import pandas
    >>> frames = [pandas.DataFrame({"id": [20 + i], "candy": ["Dots"]}) for i in range(3)]
    >>> parts = [penstock.stage(frame) for frame in frames]
    >>> penstock.commit(parts, "foods.candies", key="id").inserted
    3
    >>> penstock.commit(parts, "foods.candies", key="id").known_as != []
    True
    """
    options: dict[str, Any] = dict(
        into=into, key=key, mode=mode, order_by=order_by, duplicates=duplicates, null_keys=null_keys, create=create,
        dist_key=dist_key, sort_key=sort_key, evolve=evolve, allow_empty=allow_empty, missing_as_null=missing_as_null,
        staging_bucket=staging_bucket, lock_timeout=lock_timeout, maintenance=maintenance, dry_run=dry_run)
    return _core.commit(list(parts), options, connection, environment)


def discard(parts: Iterable[_core.Part], *, environment: Environment = None) -> None:
    """Removes parts that are not to be committed after all; of what is gone already nothing is said.

    Args:
        parts: What ``stage`` returned. A commit that still reads them fails, and changes nothing.
        environment: Variables in place of the process's own.

    >>> import pandas
    >>> penstock.discard([penstock.stage(pandas.DataFrame({"id": [1]}))])
    """
    _core.discard(list(parts), environment)
