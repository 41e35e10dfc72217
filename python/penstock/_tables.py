"""Where data go, by aws_etl_tools' name."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Sequence
from typing import TYPE_CHECKING

from penstock._errors import InvalidError, NotFoundError
from penstock._names import qualified

if TYPE_CHECKING:
    from penstock._databases import RedshiftDatabase


class RedshiftTable:
    """A table of Redshift, and the columns that say which row is which.

    Args:
        database: What it is in.
        target_table: ``schema.table``: a schema is needed.
        upsert_uniqueness_key: Columns. A row of the table gives way to the new rows of the same values in them.

    Raises:
        InvalidError: A name without a schema, or no columns.

    >>> destination = penstock.RedshiftTable(database=penstock.RedshiftDatabase(credentials),
    ...                                      target_table="foods.candies", upsert_uniqueness_key=("id",))
    >>> destination.table_schema
    'foods'
    """

    def __init__(self, database: RedshiftDatabase, target_table: str, upsert_uniqueness_key: Sequence[str]) -> None:
        schema, dot, table = str(target_table).partition(".")
        if not (schema and dot and table) or "." in table:
            raise InvalidError(f"target_table={target_table!r} is not schema.table: name the schema, too, as in "
                               f"'public.{str(target_table).strip('.') or 'events'}'")
        key = (upsert_uniqueness_key,) if isinstance(upsert_uniqueness_key, str) else tuple(upsert_uniqueness_key)
        if not key:
            raise InvalidError(f"upsert_uniqueness_key of {target_table} is empty: the columns that say which row is which")
        self.database = database
        self.target_table = target_table
        self.table_schema = schema
        self.table_name = table
        self.upsert_uniqueness_key = key
        self.instantiation_timestamp = datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None)
        self._number = uuid.uuid4().hex[:8]  # two tables of one second are two

    def __repr__(self) -> str:
        return f"RedshiftTable({self.database!r}, {self.target_table!r}, {self.upsert_uniqueness_key!r})"

    @property
    def unique_identifier(self) -> str:
        """A name for what is made on the way: the table's, the time (UTC) and a random number."""
        return f"{self.table_name}_{self.instantiation_timestamp:%Y_%m_%d_%H_%M_%S}_{self._number}"

    def _columns(self) -> list[str]:
        """Their names, in the table's order."""
        with self.database._session() as session:
            session.query(f"SELECT * FROM {qualified(self.target_table)} WHERE false", None)
            while session.fetch_some(1) is not None:
                continue
            names = [name for name, _ in session.columns]
        if not names:
            raise NotFoundError(f"{self.target_table} has no columns")
        return names
