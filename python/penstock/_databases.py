"""Databases as aws_etl_tools names them: what is run on them, and what comes back."""

from __future__ import annotations

import datetime
import decimal
import json
import re
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, ClassVar
from urllib.parse import quote

from penstock import _core, _environment
from penstock._errors import InvalidError, RefusedError
from penstock._ingestion import BasicUpsert
from penstock._names import identifier, qualified
from penstock._unload import unload

Row = tuple[Any, ...]
Parameters = Sequence[Any] | Mapping[str, Any]

_NEEDED = ("database_name", "username", "password", "host", "port")
_TLS = ("sslmode", "sslrootcert")
_BATCH = 10_000  # rows that are turned into Python's at once


def _bytes_of_hex(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("\\x"))


# By the numbers that PostgreSQL and Redshift give their types; of what is not here, text.
_CONVERTERS: dict[int, Callable[[str], Any]] = {
    17: _bytes_of_hex,
    114: json.loads,
    1082: datetime.date.fromisoformat,
    1083: datetime.time.fromisoformat,
    1114: datetime.datetime.fromisoformat,
    1184: datetime.datetime.fromisoformat,
    1266: datetime.time.fromisoformat,
    1700: decimal.Decimal,
    3802: json.loads,
    6551: _bytes_of_hex,
}


def _literal(value: Any) -> tuple[str, Any, str]:
    """(kind, text or items, type): what the core makes a literal of."""
    if value is None:
        return ("null", "", "none")
    if isinstance(value, bool):
        return ("number", "TRUE" if value else "FALSE", "none")
    if isinstance(value, str):
        return ("text", str(value), "none")
    if isinstance(value, int):
        return ("number", str(int(value)), "none")
    if isinstance(value, float):
        finite = value == value and abs(value) != float("inf")
        return ("number", repr(float(value)), "none") if finite else ("text", str(float(value)), "float8")
    if isinstance(value, decimal.Decimal):
        return ("number", str(value), "none") if value.is_finite() else ("text", "NaN", "numeric")
    if isinstance(value, datetime.datetime):
        return ("text", value.isoformat(" "), "timestamp" if value.tzinfo is None else "timestamptz")
    if isinstance(value, datetime.date):
        return ("text", value.isoformat(), "date")
    if isinstance(value, datetime.time):
        return ("text", value.isoformat(), "time")
    if isinstance(value, datetime.timedelta):
        return ("text", f"{value.days} days {value.seconds} seconds {value.microseconds} microseconds", "interval")
    if isinstance(value, uuid.UUID):
        return ("text", str(value), "none")
    if isinstance(value, tuple):
        return ("list", [_literal(item) for item in value], "none")
    if isinstance(value, list):
        return ("array", [_literal(item) for item in value], "none")
    if hasattr(value, "item") and type(value).__module__ == "numpy":
        return _literal(value.item())
    raise InvalidError(f"a value of the type {type(value).__name__} can't stand in a statement: text, numbers, dates, "
                       "times, UUIDs, and tuples and lists of them can")


def _literals(parameters: Parameters | None) -> Any:
    if parameters is None:
        return None
    if isinstance(parameters, Mapping):
        return {str(name): _literal(value) for name, value in parameters.items()}
    if isinstance(parameters, (str, bytes)) or not isinstance(parameters, Iterable):
        raise InvalidError("a statement's values are a sequence or a mapping, also where there is one: (value,)")
    return [_literal(value) for value in parameters]


class PostgresDatabase:
    """A PostgreSQL database.

    Each call opens a session of its own and closes it. Without ``BEGIN`` in it, a text is one transaction.

    Args:
        credentials: ``database_name``, ``username``, ``password``, ``host`` and ``port``; also ``sslmode`` and
            ``sslrootcert``, as libpq has them. A subclass may set ``self.credentials`` by itself, or make it a
            property: it is read at every use.

    Raises:
        InvalidError: Credentials are missing: all that are.
        DeniedError, UnavailableError, NotFoundError: The server refuses the user, can't be reached, or has no such
            database.

    >>> penstock.PostgresDatabase({"database_name": "dev", "username": "ann", "password": "secret", "host": "localhost",
    ...                            "port": 5432})
    PostgresDatabase(ann@localhost:5432/dev)
    """

    _is_redshift: ClassVar[bool] = False
    credentials: Mapping[str, Any]

    def __init__(self, credentials: Mapping[str, Any]) -> None:
        self.credentials = credentials

    def __repr__(self) -> str:
        shown = {"database_name": "?", "username": "?", "host": "?", "port": "?", **getattr(self, "credentials", {})}
        return (f"{type(self).__name__}({shown['username']}@{shown['host']}:{shown['port']}/"
                f"{shown['database_name']})")

    def _checked_credentials(self) -> dict[str, str]:
        given = getattr(self, "credentials", None)
        if not isinstance(given, Mapping):
            raise InvalidError(f"{type(self).__name__}.credentials is no mapping: a dict of {', '.join(_NEEDED)}")
        problems = [f"{name} is missing" for name in _NEEDED if given.get(name) in (None, "")]
        problems += [f"{name} is none that is known" for name in map(str, given) if name not in (*_NEEDED, *_TLS)]
        port = str(given.get("port", ""))
        if port and not (port.isdigit() and 0 < int(port) < 65536):
            problems.append("port is no number from 1 to 65535")
        if problems:
            raise InvalidError(f"the credentials of {type(self).__name__}: {'; '.join(problems)}")
        return {name: str(given[name]) for name in (*_NEEDED, *_TLS) if given.get(name) not in (None, "")}

    def _uri(self) -> str:
        """With the password: for the core, and never for people."""
        of = self._checked_credentials()
        host = f"[{of['host']}]" if ":" in of["host"] else of["host"]
        given = [name for name in _TLS if name in of]
        if of["host"].startswith("/"):  # the folder of a socket, which has its place among the options
            host = ""
            given.append("host")
        options = "&".join(f"{name}={quote(of[name], safe='')}" for name in given)
        return (f"{'redshift' if self._is_redshift else 'postgresql'}://{quote(of['username'], safe='')}:"
                f"{quote(of['password'], safe='')}@{host}:{of['port']}/{quote(of['database_name'], safe='')}"
                f"{'?' + options if options else ''}")

    def _session(self) -> _core.Statements:
        return _core.Statements(self._uri(), _CONVERTERS)

    def execute(self, query: str, params: Parameters | None = None) -> None:
        """Run one statement, or several with semicolons between them.

        Args:
            query: With ``%s`` or ``%(name)s`` where values stand, and ``%%`` for a per cent sign; without `params` as
                it is.
            params: The values: a sequence, or a mapping. A tuple among them is ``(1, 2)``, what ``IN`` takes, and a
                list ``ARRAY[1, 2]``.

        Raises:
            RefusedError: The server's verdict. Nothing of the text holds then.
            InDoubtError: The connection was lost before the answer came.

        >>> db = penstock.RedshiftDatabase(credentials)
        >>> db.execute("DELETE FROM foods.candies WHERE candy IN %s", [("Skittles", "Snickers")])
        """
        with self._session() as session:
            session.execute(query, _literals(params))

    def executemany(self, query: str, params: Iterable[Parameters]) -> None:
        """Run a statement with each of several sets of values, in one transaction: all of them hold, or none.

        >>> db = penstock.RedshiftDatabase(credentials)
        >>> db.executemany("INSERT INTO foods.candies VALUES (%s, %s)", [(8, "Twix"), (9, "Mars")])
        """
        self.execute_together([(query, values) for values in params])

    def execute_together(self, statements: Iterable[str | tuple[str, Parameters | None]]) -> None:
        """Run several statements in one transaction: all of them hold, or none.

        >>> db = penstock.RedshiftDatabase(credentials)
        >>> db.execute_together(["DELETE FROM foods.candies", ("INSERT INTO foods.candies VALUES (%s, %s)", [9, "Mars"])])
        """
        bound = [(one, None) if isinstance(one, str) else one for one in statements]
        with self._session() as session:
            session.execute_together([(text, _literals(values)) for text, values in bound])

    def fetch(self, query: str, params: Parameters | None = None) -> list[Row]:
        """All rows of a query; of several statements, those of the last that gives some.

        Numbers come as int, float and `decimal.Decimal`, dates and times as `datetime` has them, JSON of PostgreSQL as
        what it holds, NULL as None; intervals, arrays and SUPER as their text.

        >>> penstock.RedshiftDatabase(credentials).fetch("SELECT %s + 1, 'Mars', date '2024-01-31'", [8])
        [(9, 'Mars', datetime.date(2024, 1, 31))]
        """
        with self._session() as session:
            session.query(query, _literals(params))
            rows: list[Row] = []
            results = 0
            while (batch := session.fetch_some(_BATCH)) is not None:
                if session.results != results:  # another statement's
                    rows, results = [], session.results
                rows += batch
            return rows if session.results == results else []

    def fetch_iter(self, query: str, params: Parameters | None = None) -> Iterator[Row]:
        """The rows of a query, as they come: for more of them than memory holds.

        Raises:
            RefusedError: Several statements of the text give rows.

        >>> sum(number for number, in penstock.RedshiftDatabase(credentials).fetch_iter("SELECT 1 UNION SELECT 2"))
        3
        """
        with self._session() as session:
            session.query(query, _literals(params))
            while (batch := session.fetch_some(_BATCH)) is not None:
                if session.results > 1:
                    raise RefusedError("fetch_iter: several statements of the text give rows, and it gives those of one")
                yield from batch

    def table_count(self, table_name: str) -> int:
        """How many rows a table has: of ``schema.table``.

        >>> penstock.RedshiftDatabase(credentials).table_count("foods.candies")
        0
        """
        return int(self.fetch(f"SELECT count(*) FROM {qualified(table_name)}")[0][0])

    def table_value_max(self, table: str, column: str) -> Any:
        """The largest value of a column; None of an empty table."""
        return self.fetch(f"SELECT max({identifier(column)}) FROM {qualified(table)}")[0][0]

    def table_value_min(self, table: str, column: str) -> Any:
        """The smallest value of a column; None of an empty table."""
        return self.fetch(f"SELECT min({identifier(column)}) FROM {qualified(table)}")[0][0]

    def make_new_cursor(self) -> Any:
        """A cursor of psycopg2, which must be installed, over a session of its own that commits each statement."""
        import psycopg2  # type: ignore[import-untyped,unused-ignore]

        of = self._checked_credentials()
        tls = {name: of[name] for name in _TLS if name in of}
        connection = psycopg2.connect(dbname=of["database_name"], user=of["username"], password=of["password"],
                                      host=of["host"], port=of["port"], **tls)
        connection.autocommit = True
        return connection.cursor()

    def create_database_engine(self) -> Any:
        """An engine of SQLAlchemy, which must be installed, over psycopg2."""
        import sqlalchemy  # type: ignore[import-not-found,unused-ignore]

        of = self._checked_credentials()
        url = sqlalchemy.URL.create("postgresql+psycopg2", of["username"], of["password"], of["host"], int(of["port"]),
                                    of["database_name"], {name: of[name] for name in _TLS if name in of})
        return sqlalchemy.create_engine(url)


class RedshiftDatabase(PostgresDatabase):
    """A Redshift cluster's database.

    As `PostgresDatabase`; and what the ``from_*`` functions write into. They call
    ``ingestion_class(s3_path, destination, **ingestion_args)()``: a subclass names another class than `BasicUpsert` to
    have something done before and after, or to write in its own way.

    >>> class Warehouse(penstock.RedshiftDatabase):
    ...     ingestion_class = penstock.AuditedUpsert
    ...     def __init__(self, environment: str) -> None:
    ...         self.credentials = {**credentials, "database_name": "dev"}
    >>> Warehouse("staging").fetch("SELECT 1")
    [(1,)]
    """

    _is_redshift: ClassVar[bool] = True
    ingestion_class: Callable[..., Callable[[], Any]] = BasicUpsert

    def unload(self, query: str, s3_path: str, delimiter: str = "|", is_parallel_unload: bool = False,
               allow_overwrite: bool = False, add_quotes: bool = False, escape: bool = False, header: bool = False,
               compression_type: str | None = None, max_file_size: str | int | None = None) -> _core.Unloaded:
        """Have the cluster write a query's rows into S3.

        Args:
            query: As one runs it: what is in quotes in it is quoted for UNLOAD here.
            s3_path: What the objects' keys begin with.
            delimiter: Between fields: one ASCII character.
            is_parallel_unload: Several objects side by side, and a manifest that names them, for `from_manifest` or a
                COPY. Else one object after the other, in the query's order.
            allow_overwrite: Objects of the same names are overwritten; else nothing may begin with `s3_path` yet.
            add_quotes, escape, header: Quotes around every field; a backslash before what would end one; a line of
                column names in each object.
            compression_type: ``GZIP``, ``BZIP2`` or ``ZSTD``.
            max_file_size: Of an object: ``"100 MB"``, ``"1 GB"``, or a number of MB; 5 MB to 6200 MB.

        Returns:
            Unloaded: The objects, each with its bytes and rows.

        Raises:
            InvalidError: Options that are none: all of them.
            RefusedError, DeniedError: The cluster refuses the query, or finds something there already; or may not
                write.

        >>> penstock.RedshiftDatabase(credentials).unload("SELECT 9, 'Mars'", "s3://archive/mars_", header=True).rows
        1
        """
        problems = []
        compression = str(compression_type or "none").lower()
        if compression not in ("none", "gzip", "bzip2", "zstd"):
            problems.append(f"compression_type={compression_type!r} is none of GZIP, BZIP2, ZSTD")
        try:
            megabytes = _megabytes(max_file_size)
        except ValueError as e:
            problems.append(str(e))
        if problems:
            raise InvalidError("; ".join(problems))
        return unload(query, s3_path, delimiter=delimiter, parallel=is_parallel_unload,
                            manifest=is_parallel_unload, over="same_names" if allow_overwrite else "nothing",
                            quotes=add_quotes, escape=escape, header=header, compression=compression,
                            max_file_mb=megabytes, connection=self._uri(), environment=_environment.of_config())


def _megabytes(size: str | int | None) -> int | None:
    if size is None or size == "":
        return None
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*(MB|GB)?\s*", str(size), re.IGNORECASE)
    if match is None:
        raise ValueError(f"max_file_size={size!r} is no size such as '100 MB' or '1 GB'")
    megabytes = float(match[1]) * (1024 if (match[2] or "").upper() == "GB" else 1)
    if megabytes != int(megabytes):
        raise ValueError(f"max_file_size={size!r} is no whole number of MB")
    return int(megabytes)
