from __future__ import annotations

from penstock import _core
from penstock._types import ConnectionLike, Environment


def history(
    schema: str = "",
    table: str = "",
    *,
    limit: int = 20,
    errors: bool = True,
    connection: ConnectionLike = None,
    environment: Environment = None,
) -> list[_core.HistoryEntry]:
    """Says what was loaded, when, by whom, from which objects, and why loads failed.

    Args:
        schema: Of the tables; empty: all.
        table: Its name; empty: all.
        limit: How many, the newest first; 0: all.
        errors: What failed, too, with the rows that COPY refused (Redshift keeps them for some days).
        connection: Where the cluster is; None: as the environment says (``REDSHIFT_HOST``, …).
        environment: Variables in place of the process's own.

    Raises:
        InvalidError: The connection; all that is wrong.
        DeniedError: A system table may not be read.
        UnavailableError: The cluster could not be reached.

    >>> penstock.upsert("candies.csv", "foods.candies", key="id").inserted
    3
    >>> entry = penstock.history("foods", limit=1)[0]
    >>> entry.kind, entry.table, entry.rows
    ('upsert', 'candies', 3)
    """
    return _core.history(dict(schema=schema, table=table, limit=limit, errors=errors), connection, environment)
