from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from penstock import _core
from penstock._errors import Error, InvalidError
from penstock._frames import Rows, paths_of, rows_of
from penstock._progress import reporting
from penstock._types import ArrowArray, ArrowStream, ConnectionLike, Environment, OnProgress, Path, Texts


def move(
    source: Path | ArrowStream | ArrowArray | Iterable[ArrowStream | ArrowArray],
    destination: Path,
    *,
    query: str = "",
    from_format: str = "",
    to_format: str = "",
    replace: bool = False,
    sample: int = 0,
    why: bool = False,
    columns: Texts = (),
    delimiter: str | None = None,
    to_delimiter: str | None = None,
    null_as: str = "",
    staging_bucket: str = "",
    memory: int = 256 << 20,
    part_bytes: int = 256 << 20,
    dry_run: bool = False,
    stream_name: str = "an Arrow stream",
    connection: ConnectionLike = None,
    environment: Environment = None,
    on_progress: OnProgress[_core.MoveProgress] = None,
) -> _core.MoveOutcome:
    """Moves from any URI to any URI, by the cheapest route.

    Files, globs and folders; ``s3://``; ``redshift://user@host/db::schema.table``; ``postgresql://…``. Tables are
    appended to, or made; files and objects that are there give way to ``replace`` only. What fails leaves nothing.

    Args:
        source: What to move: a path or URI; or a data frame, or an iterable of batches, as ``upsert`` takes them.
        destination: Where to.
        query: What to read of a server, where the URI does not say.
        from_format: Of the source, where its name does not say: ``csv``, ``tsv.gz``, ``jsonl``, ``parquet``, ``orc``.
        to_format: Of the destination, likewise.
        replace: Lets rows, files and objects that are there give way.
        sample: Records that say the types of a text's columns; 0: all.
        why: Says of each column of text why it is of its type.
        columns: Of CSV without a header, in its order.
        delimiter: Between fields of the source's CSV; a comma, in ``.tsv`` a tab, by default.
        to_delimiter: Between fields of CSV that is written.
        null_as: An unquoted field of just this text is NULL in the source's CSV.
        staging_bucket: Where to stage if ``PENSTOCK_S3_BASE_PATH`` is not set.
        memory: Bytes of buffers.
        part_bytes: Of a part, where the destination is a folder, about.
        dry_run: Says what would be done, and does nothing: the outcome's ``steps``.
        stream_name: What messages and the ledger call rows that have no path.
        connection: What a ``redshift://`` URI leaves out; None: as the environment says.
        environment: Variables in place of the process's own.
        on_progress: Is called with a MoveProgress now and then, in this thread; or ``"bar"``.

    Returns:
        What was written, and by which route.

    Raises:
        InvalidError: URIs or options; or there is no route. All that is wrong.
        NotFoundError: There is no such source.
        RefusedError: What is there already, or the source's records.
        ConflictError: An object changed meanwhile.
        KeyboardInterrupt: Ctrl-C; a note says what holds.

    >>> penstock.move("candies.csv", "candies.jsonl").rows
    3
    >>> import pyarrow
    >>> penstock.move(pyarrow.table({"id": [1, 2]}), "ids.parquet").written
    ['ids.parquet']
    """
    paths = paths_of(source)
    if paths is not None and len(paths) != 1:
        raise InvalidError("a move has one source: a glob or a folder names several files")
    rows: Rows | None = None if paths is not None else rows_of(source)
    options = _options(paths[0] if paths else "", destination, query=query, from_format=from_format,
                       to_format=to_format, replace=replace, sample=sample, why=why, columns=columns,
                       delimiter=delimiter, to_delimiter=to_delimiter, null_as=null_as, staging_bucket=staging_bucket,
                       memory=memory, part_bytes=part_bytes, dry_run=dry_run, stream_name=stream_name)
    with reporting(on_progress, f"move to {destination}" if "://" not in str(destination) else "move") as callback:
        try:
            return _core.move(options, rows.stream if rows else None, connection, environment, callback)
        except Error as error:
            if rows:
                rows.raise_own(error)
            raise


def plan_move(
    source: Path,
    destination: Path,
    *,
    query: str = "",
    from_format: str = "",
    to_format: str = "",
    replace: bool = False,
    sample: int = 0,
    why: bool = False,
    columns: Texts = (),
    delimiter: str | None = None,
    to_delimiter: str | None = None,
    null_as: str = "",
    staging_bucket: str = "",
    memory: int = 256 << 20,
    part_bytes: int = 256 << 20,
    dry_run: bool = False,
    connection: ConnectionLike = None,
    environment: Environment = None,
) -> _core.MovePlan:
    """Says the routes that there are from a source to a destination, and what they cost; moves nothing.

    Takes what move() takes of a source that has a name, and raises what it raises of a source that can't be found.

    >>> plan = penstock.plan_move("candies.csv", "candies.parquet")
    >>> [step.to for step in plan.routes[0].steps]
    ['batches', 'local parquet']
    """
    return _core.plan_move(
        _options(source, destination, query=query, from_format=from_format, to_format=to_format, replace=replace,
                 sample=sample, why=why, columns=columns, delimiter=delimiter, to_delimiter=to_delimiter,
                 null_as=null_as, staging_bucket=staging_bucket, memory=memory, part_bytes=part_bytes,
                 dry_run=dry_run),
        connection, environment)


def _options(source: Path, destination: Path, **others: Any) -> dict[str, Any]:
    return {"source": str(source), "destination": str(destination), **others}
