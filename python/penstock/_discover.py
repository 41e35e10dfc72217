from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from penstock import _core
from penstock._errors import Error, InvalidError
from penstock._frames import Rows, paths_of, rows_of
from penstock._progress import reporting
from penstock._resource import Resource, as_reading
from penstock._rows import frame_of, is_frame
from penstock._types import ArrowArray, ArrowStream, ConnectionLike, Environment, OnProgress, Path, Texts


def discover(
    source: Path | ArrowStream | ArrowArray | Iterable[Any],
    *,
    query: str = "",
    format: str = "",
    sample: int | None = None,
    tight: bool = False,
    columns: Texts = (),
    delimiter: str | None = None,
    quote: str = '"',
    escape: str | None = None,
    null_as: str = "",
    memory: int = 64 << 20,
    stream_name: str = "an Arrow stream",
    connection: ConnectionLike = None,
    environment: Environment = None,
    on_progress: OnProgress[_core.MoveProgress] = None,
) -> _core.DiscoverOutcome:
    """Says which columns a source has, and what types of Redshift hold them. Nothing is changed anywhere.

    Args:
        source: A file, glob or folder; ``s3://``; ``redshift://…/db::schema.table``; ``postgresql://…``; a
            ``resource``; or rows: a data frame, batches, tuples or dicts, as ``odo`` takes them, all of which are looked at.
        query: What to read of a server.
        format: Where the name does not say: ``csv``, ``tsv.gz``, ``jsonl``, ``parquet``.
        sample: Records of text that are looked at; 0: all. None: all, but of S3 the first 10,000.
        tight: Types that take what was seen, without room for more.
        columns: Of CSV without a header, or of rows that are tuples, in their order.
        delimiter: Between fields of CSV; a comma, in ``.tsv`` a tab, by default.
        quote: Around fields of CSV.
        escape: Before a character of CSV that is to be taken as it is.
        null_as: An unquoted field of just this text is NULL.
        memory: Bytes of buffers.
        stream_name: What messages call rows that have no path.
        connection: What a ``redshift://`` URI leaves out; None: as the environment says.
        environment: Variables in place of the process's own.
        on_progress: Is called with a MoveProgress now and then, in this thread; or ``"bar"``.

    Returns:
        The columns; ``yaml()``, ``ddl()`` and ``json()`` of it are what ``penstock discover`` prints.

    Raises:
        InvalidError: The URI or the options; all that is wrong.
        NotFoundError: There is no such source.
        RefusedError: It is not what its name says, or has what no column holds.
        KeyboardInterrupt: Ctrl-C.

    >>> [(column.name, column.type) for column in penstock.discover("candies.csv").columns]
    [('id', 'integer'), ('candy', 'character varying(64)')]
    >>> [(column.name, column.type) for column in penstock.discover([{"id": 5, "name": "Ann"}]).columns]
    [('id', 'bigint'), ('name', 'character varying(16)')]
    """
    paths = paths_of(source)
    if paths is not None and len(paths) != 1:
        raise InvalidError("discover looks at one source: a glob or a folder names several files")
    rows: Rows | None = None
    if paths is None and is_frame(source):
        rows = rows_of(source)
    elif paths is None:
        rows = rows_of(frame_of(source, columns or None))
        columns = ()
    options: dict[str, Any] = dict(
        source=paths[0] if paths else "", query=query, format=format, sample=sample, tight=tight, columns=columns,
        delimiter=delimiter, quote=quote, escape=escape, null_as=null_as, memory=memory, stream_name=stream_name)
    if isinstance(source, Resource):  # which says how it is read, where the call does not
        defaults = discover.__kwdefaults__ or {}
        kept = as_reading(source.options)
        connection = kept.pop("connection", None) if connection is None else connection
        environment = kept.pop("environment", None) if environment is None else environment
        options |= {name: value for name, value in kept.items() if name in options and options[name] == defaults[name]}
    with reporting(on_progress, "discover") as callback:
        try:
            return _core.discover(options, rows.stream if rows else None, connection, environment, callback)
        except Error as error:
            if rows:
                rows.raise_own(error)
            raise
