from __future__ import annotations

from penstock import _core
from penstock._types import ConnectionLike, Environment, Moment, Seconds, Texts


def load(
    schema: str,
    tables: Texts,
    bucket: str,
    *,
    prefix: str = "",
    config_uri: str = "",
    date: Moment | None = None,
    catch_up: bool = False,
    truncate: bool = False,
    force: bool = False,
    create_schema: bool = False,
    allow_empty: bool = False,
    maintenance: bool = True,
    granularity: _core.Granularity | str = "instant",
    timezone: str = "UTC",
    delimiter: str | None = None,
    null_as: str | None = None,
    lock_timeout: Seconds = 600,
    dry_run: bool = False,
    connection: ConnectionLike = None,
    environment: Environment = None,
) -> _core.LoadSummary:
    """Loads the newest data in S3 of each table into that table, exactly once.

    The data are objects ``<schema>_<table>_<RFC 3339 date>.<suffix>``; the newest is the latest instant in a name.
    With each there is a config of its table, ``config_<the same name>.yml``.

    Args:
        schema: Schema of the tables, and the first part of the keys.
        tables: One, or several. One that fails does not stop the others.
        bucket: Where the data are.
        prefix: Folder of the data in the bucket.
        config_uri: A config for all tables, ``s3://bucket/key`` or a local path, in place of those beside the data.
        date: Exactly this data date, not the newest: a datetime with a time zone, or RFC 3339.
        catch_up: Every data date newer than the table, oldest first, each its own transaction.
        truncate: Replaces all rows; does not imply force.
        force: Loads although stale, known or changed, in place of the rows of that date.
        create_schema: Makes the schema if there is none.
        allow_empty: Lets data without a row replace rows.
        maintenance: VACUUM DELETE ONLY and ANALYZE after the commit, best effort.
        granularity: ``hour`` or ``day``: data take the place of their period's rows; ``stream``: what is newer is
            added; ``instant``: what is not newer is stale.
        timezone: Whose hours and days, an IANA name.
        delimiter: Between fields; ``,`` for csv and ``|`` for gz by default.
        null_as: Text that means NULL in csv and gz.
        lock_timeout: Seconds to wait for another load of the table.
        dry_run: Says what would be done, and does nothing: each table's ``plan``.
        connection: Where the cluster is; None: as the environment says (``REDSHIFT_HOST``, …).
        environment: Variables in place of the process's own.

    Returns:
        What became of each table. What failed is there too, with its reason; ``exit_code`` is that of the worst.

    Raises:
        InvalidError: Something is wrong with the options; all of it.
        Error: What concerns all tables: the bucket, the cluster.
        KeyboardInterrupt: Ctrl-C; a note says what holds.

    >>> summary = penstock.load("web", "pages", "bucket")
    >>> for table in summary.tables:
    ...     print(table.table, table.status.name, table.rows)
    pages loaded 2
    """
    options = dict(
        schema=schema, tables=tables, bucket=bucket, prefix=prefix, config_uri=config_uri, date=date,
        catch_up=catch_up, truncate=truncate, force=force, create_schema=create_schema, allow_empty=allow_empty,
        maintenance=maintenance, granularity=granularity, timezone=timezone, delimiter=delimiter, null_as=null_as,
        lock_timeout=lock_timeout, dry_run=dry_run)
    return _core.load(options, connection, environment)
