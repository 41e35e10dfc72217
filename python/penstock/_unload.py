from __future__ import annotations

from penstock import _core
from penstock._types import ConnectionLike, Environment


def unload(
    query: str,
    s3_uri: str,
    *,
    format: _core.UnloadFormat | str = "text",
    compression: _core.UnloadCompression | str = "none",
    over: _core.UnloadOver | str = "nothing",
    parallel: bool = True,
    header: bool = False,
    delimiter: str | None = None,
    quotes: bool = False,
    escape: bool = False,
    null_as: str | None = None,
    max_file_mb: int | None = None,
    row_group_mb: int | None = None,
    manifest: bool = False,
    kms_key_id: str = "",
    connection: ConnectionLike = None,
    environment: Environment = None,
) -> _core.Unloaded:
    """Writes a query's rows into S3, by the cluster itself: UNLOAD.

    The rows are one snapshot's. What a failed UNLOAD had written stays where it is.

    Args:
        query: A SELECT.
        s3_uri: What the keys begin with; ends in ``/`` for a folder.
        format: ``text``, ``csv``, ``json`` (an object a line) or ``parquet``.
        compression: ``none``, ``gzip``, ``bzip2`` or ``zstd``.
        over: What becomes of objects whose keys begin with the URI: ``nothing`` (there must be none), ``same_names``
            (those of the new ones' names are overwritten), ``all`` (all are removed before).
        parallel: False: one object after the other, in the query's order.
        header: A line of column names in each object; text and CSV.
        delimiter: Text, ``|`` by default, and CSV, a comma.
        quotes: Around every field; text.
        escape: A backslash before what would end a field or record; text.
        null_as: Text and CSV; nothing by default.
        max_file_mb: Of an object, 5 to 6200.
        row_group_mb: Parquet, 32 to 128.
        manifest: ``<uri>manifest`` names the objects.
        kms_key_id: Encrypts by this key; empty: as the bucket does.
        connection: Where the cluster is; None: as the environment says (``REDSHIFT_HOST``, …).
        environment: Variables in place of the process's own.

    Returns:
        The objects that were written, with their rows.

    Raises:
        InvalidError: The options; all that is wrong.
        RefusedError: The query; or something begins with the URI already.
        DeniedError: The cluster may not write there.
        KeyboardInterrupt: Ctrl-C.

    >>> penstock.upsert("candies.csv", "foods.candies", key="id").inserted
    3
    >>> penstock.unload("SELECT * FROM foods.candies", "s3://bucket/unloaded/", format="csv").rows
    3
    """
    options = dict(format=format, compression=compression, over=over, parallel=parallel, header=header,
                   delimiter=delimiter, quotes=quotes, escape=escape, null_as=null_as, max_file_mb=max_file_mb,
                   row_group_mb=row_group_mb, manifest=manifest, kms_key_id=kms_key_id)
    return _core.unload(query, s3_uri, options, connection, environment)
