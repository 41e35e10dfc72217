from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from penstock import _core
from penstock._types import ConnectionLike, Environment, Moment, Path


def reconcile(
    source: str,
    *,
    from_: Moment | None = None,
    to: Moment | None = None,
    table: str = "",
    inventory: str = "",
    connection: ConnectionLike = None,
    environment: Environment = None,
) -> _core.KeyFindings:
    """Says which objects of a bucket Redshift has committed, which not, which changed since.

    Args:
        source: ``s3://bucket/folder`` is the folder's keys; ``s3://bucket/prefix*`` those that begin so.
        from_: Only loads that began then or later: a date (its midnight in UTC), or a datetime with a time zone.
        to: Only loads that began before.
        table: Only loads into it, ``schema.table``; empty: any.
        inventory: ``s3://bucket/…/manifest.json`` of an S3 Inventory, in place of the listing.
        connection: Where the cluster is; None: as the environment says (``REDSHIFT_HOST``, …).
        environment: Variables in place of the process's own.

    Returns:
        An iterator of KeyFinding, in the bytewise order of keys, however many there are; its ``summary`` has the
        counts of all once it ended. It asks S3 and the cluster when the first is asked for.

    Raises:
        InvalidError: The options; all that is wrong.
        NotFoundError: There is no such bucket.
        DeniedError: A system table may not be read.
        KeyboardInterrupt: Ctrl-C.

    >>> findings = penstock.reconcile("s3://bucket/candies")
    >>> [finding.key for finding in findings if finding.is_in(penstock.KeySet.pending)]
    ['candies/2024.csv']
    >>> findings.summary.of(penstock.KeySet.in_bucket).keys
    1
    """
    return _core.reconcile(_keys(source, from_, to, table, inventory), connection, environment)


def copy_committed(
    source: str,
    target: str,
    *,
    from_: Moment | None = None,
    to: Moment | None = None,
    table: str = "",
    inventory: str = "",
    storage_class: str = "",
    dry_run: bool = False,
    on_key: Callable[[_core.KeyAct], object] | None = None,
    connection: ConnectionLike = None,
    environment: Environment = None,
) -> _core.ActsSummary:
    """Copies the objects that Redshift has committed to another folder or bucket. S3 copies; run again, it goes on.

    Args:
        source: As of reconcile().
        target: ``s3://bucket/folder``; keys keep their path below the source.
        from_: As of reconcile().
        to: As of reconcile().
        table: As of reconcile().
        inventory: As of reconcile().
        storage_class: Of the copies, as S3 names it: ``STANDARD_IA``; empty: the bucket's own.
        dry_run: Looks at the targets, and copies nothing.
        on_key: Is called with what became of each key, in this thread.
        connection: Where the cluster is; None: as the environment says (``REDSHIFT_HOST``, …).
        environment: Variables in place of the process's own.

    Returns:
        How many keys became what. What happens to one key stops no other.

    Raises:
        InvalidError: The options; all that is wrong.
        Error: What stopped all of it; its ``summary`` has what was done before.
        KeyboardInterrupt: Ctrl-C.

    >>> penstock.copy_committed("s3://bucket/candies", "s3://archive/candies").of(penstock.ActResult.copied).keys
    0
    """
    return _whole(_core.copy_committed(
        _keys(source, from_, to, table, inventory), dict(target=target, storage_class=storage_class, dry_run=dry_run),
        connection, environment, on_key))


def delete_committed(
    source: str,
    *,
    journal: Path = "",
    from_: Moment | None = None,
    to: Moment | None = None,
    table: str = "",
    inventory: str = "",
    only_copied_to: str = "",
    dry_run: bool = False,
    agreed: Iterable[tuple[str, str]] | None = None,
    on_key: Callable[[_core.KeyAct], object] | None = None,
    connection: ConnectionLike = None,
    environment: Environment = None,
) -> _core.ActsSummary:
    """Deletes the objects that Redshift has committed, and that are proved to be still what was loaded.

    Each goes by a request that names its version, so that one that is overwritten meanwhile stays. Nobody is asked.

    Args:
        source: As of reconcile().
        journal: A local file, appended to: a line of JSON for each key before its removal is asked for, and one of
            what became of it. Needed, unless it is a dry run.
        from_: As of reconcile().
        to: As of reconcile().
        table: As of reconcile().
        inventory: As of reconcile().
        only_copied_to: Only what copy_committed() brought there, and is there still; empty: all.
        dry_run: Says what would go, and deletes nothing.
        agreed: Only these: keys with their ETags, in the bytewise order of keys, as reconcile() gives them; None: all.
        on_key: Is called with what became of each key, in this thread.
        connection: Where the cluster is; None: as the environment says (``REDSHIFT_HOST``, …).
        environment: Variables in place of the process's own.

    Returns:
        How many keys became what. What happens to one key stops no other.

    Raises:
        InvalidError: The options; all that is wrong.
        RefusedError: The S3 server pays no heed to If-Match: nothing was deleted.
        Error: What stopped all of it; its ``summary`` has what was done before.
        KeyboardInterrupt: Ctrl-C.

    >>> penstock.delete_committed("s3://bucket/candies", dry_run=True).of(penstock.ActResult.planned).keys
    0
    """
    return _whole(_core.delete_committed(
        _keys(source, from_, to, table, inventory),
        dict(journal=str(journal), only_copied_to=only_copied_to, dry_run=dry_run), connection, environment, on_key,
        agreed))


def _keys(source: str, from_: Moment | None, to: Moment | None, table: str, inventory: str) -> dict[str, Any]:
    return dict(source=source, from_=from_, to=to, table=table, inventory=inventory)


def _whole(summary: _core.ActsSummary) -> _core.ActsSummary:
    if summary.stopped is None:
        return summary
    error = summary.stopped
    error.summary = summary
    raise error
