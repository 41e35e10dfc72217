from __future__ import annotations

import os
from collections.abc import Iterable

from penstock import _core
from penstock._types import ConnectionLike, Environment, Path, Seconds


def plan_drop(
    targets: Path | Iterable[Path],
    *,
    lock_timeout: Seconds = 600,
    connection: ConnectionLike = None,
    environment: Environment = None,
) -> _core.DropPlan:
    """Says what would go of files, objects or tables, name by name; removes nothing.

    Args:
        targets: Paths, globs, folders; ``s3://`` keys, globs, folders; ``redshift://…/db::schema.table``.
        lock_timeout: Of a table: seconds to wait for another load of it.
        connection: What a ``redshift://`` URI leaves out; None: as the environment says.
        environment: Variables in place of the process's own.

    Raises:
        InvalidError: A URI; all that is wrong.
        NotFoundError: There is no such thing.
        RefusedError: A view, a table of penstock's own, what is no file.

    >>> plan = penstock.plan_drop("candies.csv")
    >>> plan.targets[0].kind.name, len(plan.targets[0].names)
    ('files', 1)
    """
    named = [targets] if isinstance(targets, (str, os.PathLike)) else targets
    options = dict(targets=[os.fspath(target) for target in named], lock_timeout=lock_timeout)
    return _core.plan_drop(options, connection, environment)


def drop(
    targets: Path | Iterable[Path] | _core.DropPlan,
    *,
    lock_timeout: Seconds = 600,
    connection: ConnectionLike = None,
    environment: Environment = None,
) -> list[_core.Dropped]:
    """Removes files, objects or tables: all that plan_drop() says of them, or a plan that it gave, and nothing else.

    Below a folder or prefix, names that begin with _ or . stay; a link goes, and never what it points to. With a table
    of Redshift its ledger forgets the files that were loaded into it.

    Args:
        targets: What plan_drop() takes, or what it gave.
        lock_timeout: Of a table: seconds to wait for another load of it.
        connection: What a ``redshift://`` URI leaves out; None: as the environment says.
        environment: Variables in place of the process's own.

    Returns:
        What went of each target. One that fails does not stop the others: its ``error`` and ``reason`` are set.

    Raises:
        Error: As of plan_drop().
        InDoubtError: Whether a table is gone is unknown.
        KeyboardInterrupt: Ctrl-C.

    >>> penstock.drop("old.csv")[0].removed
    1
    """
    plan = targets if isinstance(targets, _core.DropPlan) else plan_drop(
        targets, lock_timeout=lock_timeout, connection=connection, environment=environment)
    return _core.drop(plan, connection, environment)
