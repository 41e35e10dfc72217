from __future__ import annotations

from penstock import _core
from penstock._types import ConnectionLike, Environment, Seconds


def sweep(
    bucket: str = "",
    *,
    older_than: Seconds = 24 * 3600,
    dry_run: bool = False,
    connection: ConnectionLike = None,
    environment: Environment = None,
) -> _core.SweepOutcome:
    """Removes what runs that were killed left in S3: staged objects, manifests, uploads that were begun.

    Args:
        bucket: Where ``PENSTOCK_S3_BASE_PATH`` is not set: its ``_penstock/`` is swept.
        older_than: Seconds, or a timedelta, for which nothing was written of it: longer than any run takes.
        dry_run: Says what would go, and removes nothing.
        connection: Is not needed: no cluster is asked.
        environment: Variables in place of the process's own.

    Returns:
        All that was found, and what became of it.

    Raises:
        InvalidError: The base path.
        Error: Of S3, what concerns all; what concerns one leftover stands there.
        KeyboardInterrupt: Ctrl-C.

    >>> penstock.sweep("bucket", dry_run=True).leftovers
    []
    """
    return _core.sweep(dict(bucket=bucket, older_than=older_than, dry_run=dry_run), connection, environment)
