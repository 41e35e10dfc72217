"""What writes into a table, by aws_etl_tools' names: an ingestion class is called ``cls(s3_path, destination, **args)()``.

Whichever it is of those here, the rows go by `upsert`: one transaction under the table's lock, and a row of the ledger.
"""

from __future__ import annotations

import datetime
import json
import uuid
from typing import TYPE_CHECKING, Any, ClassVar

from penstock import _environment, config
from penstock._errors import InvalidError
from penstock._names import qualified
from penstock._upsert import upsert

if TYPE_CHECKING:
    from penstock._core import UpsertOutcome
    from penstock._tables import RedshiftTable


class OnTheWay:
    """Rows that are not in S3, where an ingestion class is told a path: what `upsert` takes, and its name for people."""

    def __init__(self, source: Any, name: str, **options: Any) -> None:
        self.source = source
        self.options = options
        self._name = name

    def __str__(self) -> str:
        return self._name

    def __repr__(self) -> str:
        return f"<{self._name}>"


class BasicUpsert:
    """Upserts what lies in S3 into a table: rows of the same key give way, last write wins.

    Args:
        file_path: ``s3://bucket/key``, or a manifest's; also, from the ``from_*`` functions, a local path, or rows on
            their way, which were in S3 first in aws_etl_tools.
        destination: The table.
        with_manifest: `file_path` is a COPY manifest.
        jsonpaths: ``"auto"``: the data are JSON lines, by the columns' names. A file of JSONPaths is not taken.
        gzip: The data are gzip, as their names must say (``.gz``).
        max_errors: Not taken: see below.
        order_by, duplicates, null_keys, columns, null_as, check, rejects, allow_empty, maintenance: As of `upsert`.
            ``columns``: of CSV, in its order; None: the table's own.

    Raises:
        InvalidError: Options that can't be. `max_errors` is one of them: COPY passes over bad rows and forgets them;
            ``rejects=path`` writes the good ones and keeps the others in a file.

    A subclass may override `before_ingest`, `after_ingest` and `final_cleanup`, and find the `UpsertOutcome` in
    ``self.outcome`` after the ingestion; or `ingest`, to write in its own way: then the rows are put into S3 first. The
    statements of aws_etl_tools (``copy_parameters``, ``_copy_statement`` and so on) are no longer what is run: a subclass
    that overrides them, and not `ingest`, is refused.

    >>> destination = penstock.RedshiftTable(penstock.RedshiftDatabase(credentials), "foods.candies", ("id",))
    >>> file = penstock.S3File.from_in_memory_data([(8, "Twix"), (9, "Mars")], "candies.csv")
    >>> ingest = penstock.BasicUpsert(file.s3_path, destination)
    >>> ingest()
    >>> ingest.outcome.read
    2
    """

    _STATEMENTS: ClassVar[tuple[str, ...]] = ("copy_parameters", "_copy_statement", "_ingest_query", "_insert_statement",
                                              "_upsert_match_statement", "connection_string")

    outcome: UpsertOutcome  # once it has ingested

    def __init_subclass__(cls, **arguments: Any) -> None:
        super().__init_subclass__(**arguments)
        overridden = [name for name in cls._STATEMENTS if hasattr(cls, name)]
        if overridden and not cls._ingests_by_itself():
            raise InvalidError(f"{cls.__name__} overrides {', '.join(overridden)}, which nothing calls any more: the rows "
                               "are written by penstock.upsert(). Override ingest() to write them in another way")

    @classmethod
    def _ingests_by_itself(cls) -> bool:
        return cls.ingest is not BasicUpsert.ingest

    def __init__(self, file_path: Any, destination: RedshiftTable, with_manifest: bool = False,
                 jsonpaths: str | None = None, gzip: bool | None = None, max_errors: int | None = None,
                 **options: Any) -> None:
        self.file_path = file_path
        self.destination = destination
        self.database = destination.database
        self.with_manifest = with_manifest
        self.jsonpaths = jsonpaths
        self.gzip = gzip
        self.max_errors = max_errors
        self.options = options
        self.target_table = destination.target_table
        self.schema_name, self.table_name = destination.table_schema, destination.table_name
        self.staging_table = destination.unique_identifier
        self.upsert_keys = destination.upsert_uniqueness_key

    def __call__(self) -> None:
        self.before_ingest()
        self.ingest()
        self.after_ingest()
        self.final_cleanup()

    def before_ingest(self) -> None:
        """Called first. What it raises ends it, and nothing was written."""

    def ingest(self) -> None:
        """Writes the rows."""
        self.outcome = self._upsert()

    def after_ingest(self) -> None:
        """Called when the rows are committed."""

    def final_cleanup(self) -> None:
        """Called last."""

    def _problems(self) -> list[str]:
        problems = []
        if self.max_errors:
            problems.append(f"max_errors={self.max_errors} is not taken: it loses rows without a word. rejects='a path' "
                            "writes the good rows, and keeps the bad ones in a file")
        if self.jsonpaths not in (None, "", "auto"):
            problems.append(f"jsonpaths={self.jsonpaths!r} is not taken: 'auto' reads JSON lines by the columns' names")
        is_named = isinstance(self.file_path, str)
        if self.gzip and is_named and not self.with_manifest and not self.file_path.endswith(".gz"):
            problems.append(f"gzip=True, and the name of {self.file_path} does not end in .gz")
        if self.with_manifest and is_named and not self.file_path.endswith(".manifest"):
            problems.append(f"with_manifest=True, and the name of {self.file_path} does not end in .manifest")
        return problems

    def _upsert(self) -> UpsertOutcome:
        if problems := self._problems():
            raise InvalidError("; ".join(problems))
        options = {"key": self.upsert_keys, **self.options}
        source = self.file_path
        if isinstance(source, OnTheWay):
            options |= source.options
            source = source.source
        elif self.jsonpaths:
            options.setdefault("format", "json")
        elif not source.endswith((".parquet", ".json", ".jsonl", ".ndjson")):
            options.setdefault("columns", self.destination._columns())
            if source.startswith("s3://"):
                options.setdefault("empty_as_null", True)  # as it was, and as it is in files
            if not self.with_manifest and not _says_csv(source):
                options.setdefault("format", "csv")
        return upsert(source, self.target_table, connection=self.database._uri(), environment=_environment.of_config(),
                      **options)


def _says_csv(path: str) -> bool:
    for suffix in (".gz", ".zst", ".bz2"):
        path = path.removesuffix(suffix)
    return path.endswith((".csv", ".tsv"))


class AuditedUpsert(BasicUpsert):
    """A `BasicUpsert` that writes a row into ``config.REDSHIFT_INGEST_AUDIT_TABLE`` before it, and its outcome after it.

    The table has ``uuid``, ``loaded_at`` (UTC), ``schema_name``, ``table_name`` and ``detail``, JSON: what was read,
    inserted and updated, the COPY's number (``query_id``) and the ledger's ``load_id``. A row without a detail is of an
    ingestion that did not end. The ledger, of every upsert, is written in the rows' own transaction; this table is not.

    >>> penstock.config.REDSHIFT_INGEST_AUDIT_TABLE = "foods.audit"
    >>> class Warehouse(penstock.RedshiftDatabase):
    ...     ingestion_class = penstock.AuditedUpsert
    >>> warehouse = Warehouse(credentials)
    >>> warehouse.execute("CREATE TABLE foods.audit (uuid char(36), loaded_at timestamp, schema_name varchar(127), "
    ...                   "table_name varchar(127), detail varchar(65535))")
    >>> penstock.from_in_memory([(9, "Mars")], penstock.RedshiftTable(warehouse, "foods.candies", ("id",)))
    >>> warehouse.fetch("SELECT table_name FROM foods.audit WHERE detail IS NOT NULL")
    [('candies',)]
    >>> del penstock.config.REDSHIFT_INGEST_AUDIT_TABLE
    """

    uuid: str | None = None
    load_start_time: datetime.datetime | None = None

    def __init__(self, file_path: Any, destination: RedshiftTable, **arguments: Any) -> None:
        super().__init__(file_path, destination, **arguments)
        self.audit_table = config.REDSHIFT_INGEST_AUDIT_TABLE

    def before_ingest(self) -> None:
        self.uuid = str(uuid.uuid4()).upper()
        self.load_start_time = datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None)
        self.database.execute(
            f"INSERT INTO {qualified(self.audit_table)} (uuid, loaded_at, schema_name, table_name) "
            "VALUES (%s, %s, %s, %s)", (self.uuid, self.load_start_time, self.schema_name, self.table_name))

    def after_ingest(self) -> None:
        self.database.execute(f"UPDATE {qualified(self.audit_table)} SET detail = %s WHERE uuid = %s",
                              (json.dumps(self._results()), self.uuid))

    def _results(self) -> dict[str, Any]:
        outcome = getattr(self, "outcome", None)
        if outcome is None:  # of a subclass that ingests in its own way
            return {"query_id": None, "filename": str(self.file_path), "lines_scanned": None}
        found = self.database.fetch("SELECT copy_query FROM penstock.loads WHERE load_id = %s", (outcome.load_id,))
        return {
            "query_id": found[0][0] if found else None,
            "filename": str(self.file_path),
            "lines_scanned": outcome.read,
            "inserted": outcome.inserted,
            "updated": outcome.updated,
            "superseded": outcome.superseded,
            "rejected": outcome.rejected,
            "load_id": outcome.load_id,
        }
