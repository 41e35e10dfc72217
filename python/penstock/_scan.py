from __future__ import annotations

import os
from typing import Any

from penstock import _core
from penstock._types import ConnectionLike, Environment, Path, Texts


def scan(
    source: Path,
    *,
    query: str = "",
    format: str = "",
    sample: int = 0,
    columns: Texts = (),
    delimiter: str | None = None,
    null_as: str = "",
    staging_bucket: str = "",
    memory: int = 256 << 20,
    connection: ConnectionLike = None,
    environment: Environment = None,
) -> _core.Scan:
    """The rows of anything that ``move`` reads, for whoever takes a stream of Arrow's.

    Nothing is read before somebody takes the rows, and then only a little more than was taken, in bounded memory; of
    CSV and JSON all values are looked at first, for their types.

    Args:
        source: A path, glob, folder or URI: ``s3://``, ``redshift://…/db::schema.table``, ``postgresql://…``.
        query: What to read of a server, where the URI does not say.
        format: Where its name does not say: ``csv``, ``tsv.gz``, ``jsonl``, ``parquet``, ``orc``.
        sample: Records that say the types of a text's columns; 0: all.
        columns: Of CSV without a header, in its order.
        delimiter: Between fields of CSV; a comma, in ``.tsv`` a tab, by default.
        null_as: An unquoted field of just this text is NULL in CSV.
        staging_bucket: Of a Redshift: where it unloads to if ``PENSTOCK_S3_BASE_PATH`` is not set.
        memory: Bytes of buffers, about, beside the rows that were taken.
        connection: What a ``redshift://`` URI leaves out; None: as the environment says.
        environment: Variables in place of the process's own.

    Returns:
        Rows with ``__arrow_c_stream__``: ``pyarrow.table(rows)``, ``polars.from_arrow(rows)``, a table for DuckDB. Each
        reads them anew.

    Raises:
        InvalidError: Something is wrong with the options; all of it. What is wrong with the source is said when it is
            read: where reading begins, by the Error that it is; later in the words of who reads, and ``rows.error``
            is the Error.

    >>> import pyarrow
    >>> pyarrow.table(penstock.scan("candies.csv")).num_rows
    3
    """
    options: dict[str, Any] = dict(
        source=os.fspath(source), query=query, format=format, sample=sample, columns=columns, delimiter=delimiter,
        null_as=null_as, staging_bucket=staging_bucket, memory=memory)
    return _core.Scan(options, connection, environment)
