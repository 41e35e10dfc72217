"""From any source into a `RedshiftTable`, by aws_etl_tools' names.

Each calls ``destination.database.ingestion_class(s3_path, destination, **ingestion_args)()``. Where that is one of
penstock's own, the rows go straight into parts that COPY reads side by side, and `s3_path` stands for where they come from.
Of another, they are put into S3 first, below `config.S3_BASE_PATH`, as one CSV file that stays.

All of them take ``order_by=`` (a column: a row that is older by it than the table's loses) and ``duplicates=``
(``"refuse"``, ``"last"`` or ``"keep"``: what becomes of several rows of one key), as `upsert` does.
"""

from __future__ import annotations

import contextlib
import csv
import itertools
import json
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from penstock import _core, _environment, config
from penstock._environment import NoDataFoundError, s3_base_path
from penstock._errors import Error, InDoubtError, InvalidError
from penstock._ingestion import BasicUpsert, OnTheWay
from penstock._names import quoted
from penstock._rows import is_frame, is_of, names_of_frame, renamed, text_batches, text_of, without_index

if TYPE_CHECKING:
    from penstock._databases import PostgresDatabase
    from penstock._tables import RedshiftTable


class S3RelativeFilePath:
    """A path below `config.S3_BASE_PATH`.

    >>> penstock.S3RelativeFilePath("results/today.csv").s3_path
    's3://staging/penstock/results/today.csv'
    """

    def __init__(self, sub_path: str) -> None:
        self.sub_path = sub_path

    @property
    def base_path(self) -> str:
        return s3_base_path()

    @property
    def s3_path(self) -> str:
        return f"{self.base_path}/{self.sub_path.lstrip('/')}"


class S3File:
    """An object in S3, which may not be there yet.

    Args:
        s3_path: ``s3://bucket/key``; a path below `config.S3_BASE_PATH`; or what has an ``s3_path``.

    >>> file = penstock.S3File.from_in_memory_data([(8, "Twix"), (9, "Mars")], "s3://bucket/more.csv")
    >>> file.file_size
    14
    >>> file.remove()
    """

    def __init__(self, s3_path: Any) -> None:
        self.s3_path = _s3_path(s3_path)
        bucket, _, key = self.s3_path.removeprefix("s3://").partition("/")
        if not bucket or not key:
            raise InvalidError(f"{self.s3_path} is no s3://bucket/key")
        self.bucket_name = bucket
        self.key_name = key
        self.file_name = key.rstrip("/").rpartition("/")[2]

    def __repr__(self) -> str:
        return f"S3File({self.s3_path!r})"

    @property
    def file_size(self) -> int:
        """Bytes; 0 where there is no such object."""
        found = _core.head_object(self.s3_path, environment=_environment.of_config())
        return 0 if found is None else found[0]

    def download(self, destination_path: str | os.PathLike[str]) -> None:
        """Into a local file, which appears whole or not at all.

        Raises:
            NotFoundError: There is no such object.
        """
        _core.download_object(self.s3_path, os.fspath(destination_path), environment=_environment.of_config())

    def download_to_temp(self) -> str:
        """Into a new file in `config.LOCAL_TEMP_DIRECTORY`, whose path it gives; it is the caller's to remove."""
        handle, path = tempfile.mkstemp(prefix="s3_download_", suffix="_" + self.file_name, dir=config.LOCAL_TEMP_DIRECTORY)
        os.close(handle)
        try:
            self.download(path)
        except BaseException:
            os.unlink(path)
            raise
        return path

    @classmethod
    def from_local_file(cls, local_path: str | os.PathLike[str], s3_path: Any) -> S3File:
        """Uploads a file.

        Raises:
            NoDataFoundError: It is empty.
        """
        file = cls(s3_path)
        if os.path.getsize(local_path) == 0:
            raise NoDataFoundError(f"{os.fspath(local_path)} is empty: it was not put to {file.s3_path}")
        _core.upload_object(os.fspath(local_path), file.s3_path, environment=_environment.of_config())
        return file

    @classmethod
    def from_in_memory_data(cls, data: Iterable[Iterable[Any]], s3_path: Any) -> S3File:
        """Writes rows as CSV, without a header: one at a time, by way of a temporary file."""
        with _temporary_file(".csv") as path:
            with open(path, "w", newline="", encoding="utf-8") as file:
                writer = csv.writer(file, lineterminator="\n")
                writer.writerows([text_of(value) for value in row] for row in data)
            return cls.from_local_file(path, s3_path)

    @classmethod
    def from_json_serializable(cls, data: Any, s3_path: Any) -> S3File:
        """Writes a value as JSON."""
        with _temporary_file(".json") as path:
            with open(path, "w", encoding="utf-8") as file:
                json.dump(data, file)
            return cls.from_local_file(path, s3_path)

    def remove(self) -> None:
        """Removes the object; there being none is fine."""
        _core.remove_object(self.s3_path, environment=_environment.of_config())


def _s3_path(path: Any) -> str:
    if isinstance(path, str):
        return path if path.startswith("s3://") else S3RelativeFilePath(path).s3_path
    found = getattr(path, "s3_path", None)
    if not isinstance(found, str):
        raise InvalidError(f"a {type(path).__name__} is no path in S3: a text, or what has an s3_path, is")
    return found


@contextlib.contextmanager
def _temporary_file(suffix: str) -> Iterator[str]:
    handle, path = tempfile.mkstemp(prefix="penstock_", suffix=suffix, dir=config.LOCAL_TEMP_DIRECTORY)
    os.close(handle)
    try:
        yield path
    finally:
        os.unlink(path)


def s3_to_redshift(s3_file: Any, destination: RedshiftTable, **ingestion_args: Any) -> None:
    """Calls the destination's ingestion class with a file's path.

    Args:
        s3_file: An `S3File`, or what has an ``s3_path``.
        destination: The table.
        **ingestion_args: For the ingestion class: see `BasicUpsert`.

    >>> destination = penstock.RedshiftTable(penstock.RedshiftDatabase(credentials), "foods.candies", ("id",))
    >>> file = penstock.S3File.from_in_memory_data([(8, "Twix"), (9, "Mars")], "candies.csv")
    >>> penstock.s3_to_redshift(file, destination)
    """
    destination.database.ingestion_class(s3_file.s3_path, destination, **ingestion_args)()


def from_s3_file(s3_file: Any, destination: RedshiftTable, **ingestion_args: Any) -> None:
    """Upserts what lies in S3: CSV without a header, in the table's columns' order; an empty field is NULL.

    By its name it may also be gzip, zstd or bzip2 (``.csv.gz``), or Parquet or JSON lines, by their columns' names.

    Args:
        s3_file: An `S3File`, or what has an ``s3_path``: a key, a folder (with a slash at its end) or a glob.
        destination: The table.
        **ingestion_args: For the ingestion class: see `BasicUpsert`.

    Raises:
        RefusedError: The cluster refuses a record: which, where, and why. Nothing was changed.
        NotFoundError, ConflictError, BusyError, InDoubtError: As of `upsert`.

    >>> destination = penstock.RedshiftTable(penstock.RedshiftDatabase(credentials), "foods.candies", ("id",))
    >>> file = penstock.S3File.from_in_memory_data([(8, "Twix"), (9, "Mars")], "candies.csv")
    >>> penstock.from_s3_file(file, destination)
    """
    s3_to_redshift(s3_file, destination, **ingestion_args)


def from_s3_path(s3_path: str, destination: RedshiftTable, **ingestion_args: Any) -> None:
    """As `from_s3_file`, of ``s3://bucket/key``.

    Args:
        s3_path: See there; also a path below `config.S3_BASE_PATH`.
        destination: The table.
        **ingestion_args: For the ingestion class: see `BasicUpsert`.

    >>> destination = penstock.RedshiftTable(penstock.RedshiftDatabase(credentials), "foods.candies", ("id",))
    >>> file = penstock.S3File.from_in_memory_data([(8, "Twix"), (9, "Mars")], "candies.csv")
    >>> penstock.from_s3_path("s3://staging/penstock/candies.csv", destination)
    """
    from_s3_file(S3File(s3_path), destination, **ingestion_args)


def from_manifest(manifest: Mapping[str, Any], destination: RedshiftTable, **ingestion_args: Any) -> None:
    """Upserts the objects that a COPY manifest names, as `from_s3_file` does one.

    Args:
        manifest: ``{"entries": [{"url": "s3://bucket/key", "mandatory": True}, …]}``; every object must be there.
        destination: The table.
        **ingestion_args: For the ingestion class: see `BasicUpsert`.

    Raises:
        NotFoundError: An object is not there. Nothing was changed.

    >>> destination = penstock.RedshiftTable(penstock.RedshiftDatabase(credentials), "foods.candies", ("id",))
    >>> file = penstock.S3File.from_in_memory_data([(8, "Twix"), (9, "Mars")], "candies.csv")
    >>> penstock.from_manifest({"entries": [{"url": file.s3_path, "mandatory": True}]}, destination)
    """
    path = _transient_s3_path(destination) + ".manifest"
    file = S3File.from_json_serializable(manifest, path)
    try:
        s3_to_redshift(file, destination, with_manifest=True, **ingestion_args)
    except InDoubtError:
        raise  # somebody may read it still
    except Error:
        _remove_own(file, destination)
        raise
    _remove_own(file, destination)


def _remove_own(file: S3File, destination: RedshiftTable) -> None:
    if _takes_rows(destination):
        file.remove()


def from_local_file(file_path: str | os.PathLike[str], destination: RedshiftTable, **ingestion_args: Any) -> None:
    """Upserts a local file: as `from_s3_file` does one in S3. Of ``.csv``, or no name that says something, CSV.

    Args:
        file_path: The file.
        destination: The table.
        **ingestion_args: For the ingestion class: see `BasicUpsert`.

    Raises:
        NoDataFoundError: It is empty.
        RefusedError: The cluster refuses a record. Nothing was changed.

    >>> destination = penstock.RedshiftTable(penstock.RedshiftDatabase(credentials), "foods.candies", ("id",))
    >>> with open("more.csv", "w") as file:
    ...     print('9,Mars', file=file)
    >>> penstock.from_local_file("more.csv", destination)
    """
    s3_base_path()
    path = os.fspath(file_path)
    if os.path.isfile(path) and os.path.getsize(path) == 0:
        raise NoDataFoundError(f"{path} is empty; nothing was changed")
    if _takes_rows(destination):
        _ingest(path, destination, ingestion_args)
        return
    s3_to_redshift(S3File.from_local_file(path, _transient_s3_path(destination) + ".csv"), destination, **ingestion_args)


def from_in_memory(data: Iterable[Iterable[Any]], destination: RedshiftTable, *, empty_as_null: bool = True,
                   **ingestion_args: Any) -> None:
    """Upserts rows: any iterable of tuples, a generator too, of which only some are held at a time.

    Args:
        data: Rows in the table's columns' order. Each value goes as its text; None, and NaN, are NULL. What the
            iterable raises in the middle comes out of here, and nothing was changed.
        destination: The table.
        empty_as_null: Whether an empty text is NULL, as it was in aws_etl_tools; False keeps it.
        **ingestion_args: For the ingestion class: see `BasicUpsert`.

    Raises:
        NoDataFoundError: There are no rows.
        InvalidError: A row has more or fewer values than the table has columns.

    >>> destination = penstock.RedshiftTable(penstock.RedshiftDatabase(credentials), "foods.candies", ("id",))
    >>> penstock.from_in_memory([(7, "Snickers"), (8, "Twix"), (9, "Mars")], destination)
    >>> destination.database.table_count("foods.candies")
    3
    """
    s3_base_path()
    iterator = iter(data)
    first = list(itertools.islice(iterator, 1))
    if not first:
        raise NoDataFoundError(f"there are no rows for {destination.target_table}; nothing was changed")
    rows = itertools.chain(first, iterator)
    if _takes_rows(destination):
        batches = text_batches(rows, destination._columns(), empty_as_null)
        _ingest(OnTheWay(batches, "rows in memory", stream_name="rows in memory"), destination, ingestion_args)
        return
    file = S3File.from_in_memory_data(rows, _transient_s3_path(destination) + ".csv")
    s3_to_redshift(file, destination, **ingestion_args)


def from_dataframe(dataframe: Any, destination: RedshiftTable, *, by_position: bool = False, **ingestion_args: Any) -> None:
    """Upserts a frame of pandas, polars, pyarrow, DuckDB: what has Arrow's C interface. An index of pandas' stays out.

    Args:
        dataframe: Its columns go by their names where these are the table's, in any order; by their places where they
            have none but numbers; a frame of other names is refused.
        destination: The table.
        by_position: By their places, whatever their names.
        **ingestion_args: For the ingestion class. Of ``DataFrame.to_csv``'s arguments, which aws_etl_tools took, there
            are ``columns``, and ``index=False`` and ``header=False``, which nothing else is possible than.

    Raises:
        InvalidError: The names are not the table's: those of both are shown.

    >>> destination = penstock.RedshiftTable(penstock.RedshiftDatabase(credentials), "foods.candies", ("id",))
    >>> import pandas
    >>> penstock.from_dataframe(pandas.DataFrame({"candy": ["Mars"], "id": [9]}), destination)
    """
    s3_base_path()
    if not is_frame(dataframe) and not is_of(dataframe, "polars", "LazyFrame"):
        raise InvalidError(f"a {type(dataframe).__name__} is no frame: it has no __arrow_c_stream__")
    for name in ("index", "header"):
        if ingestion_args.pop(name, False):
            raise InvalidError(f"{name}=True: an index or a header is no column of the table; reset_index() makes one of it")
    if (chosen := ingestion_args.pop("columns", None)) is not None:
        dataframe = dataframe[list(chosen)]
    has_numbers = is_of(dataframe, "pandas", "DataFrame") and list(dataframe.columns) == list(range(dataframe.shape[1]))
    frame = without_index(dataframe)
    names = names_of_frame(frame)
    table = destination._columns()
    if by_position or has_numbers:
        if len(names) != len(table):
            raise InvalidError(f"the frame has {len(names)} columns, and {destination.target_table} has {len(table)}: "
                               f"{', '.join(table)}")
        frame, names = renamed(frame, table), table
    elif unknown := [name for name in names if name.lower() not in {column.lower() for column in table}]:
        raise InvalidError(f"the frame has {', '.join(unknown)}, which {destination.target_table} has not: it has "
                           f"{', '.join(table)}. Rename the frame's columns, or take them by_position=True")
    if _takes_rows(destination):
        name = f"a frame of {type(dataframe).__module__.partition('.')[0]}"
        _ingest(OnTheWay(frame, name, stream_name=name), destination, ingestion_args)
        return
    places = {name.lower(): place for place, name in enumerate(names)}
    if len(places) != len(table):
        raise InvalidError(f"the ingestion class of {destination.database!r} reads CSV by position: the frame must have "
                           f"all of {', '.join(table)}")
    data = _tuples(frame, [places[name.lower()] for name in table])
    file = S3File.from_in_memory_data(data, _transient_s3_path(destination) + ".csv")
    s3_to_redshift(file, destination, **ingestion_args)


def _tuples(frame: Any, order: list[int]) -> Iterator[tuple[Any, ...]]:
    import pyarrow as pa

    for batch in pa.RecordBatchReader.from_stream(frame) if is_frame(frame) else frame:
        yield from zip(*(batch.column(place).to_pylist() for place in order), strict=True)


def from_postgres_query(database: PostgresDatabase, query: str, destination: RedshiftTable, **ingestion_args: Any) -> None:
    """Upserts what a query of PostgreSQL gives, in the table's columns' order, whatever the query calls its own.

    Args:
        database: Where it is asked.
        query: A SELECT.
        destination: The table.
        **ingestion_args: For the ingestion class: see `BasicUpsert`.

    Raises:
        RefusedError: The query, or what it gives: as many columns as the table has are needed. Nothing was changed.

    >>> destination = penstock.RedshiftTable(penstock.RedshiftDatabase(credentials), "foods.candies", ("id",))
    >>> orders = penstock.PostgresDatabase(postgres_credentials)
    >>> penstock.from_postgres_query(orders, "SELECT 9 AS number, 'Mars' AS category", destination)
    """
    s3_base_path()
    if _takes_rows(destination):
        aliases = ", ".join(quoted(name) for name in destination._columns())
        by_place = f"SELECT * FROM (\n{query.rstrip().rstrip(';')}\n) AS source ({aliases})"
        source = OnTheWay(database._uri(), f"a query of {database!r}", query=by_place)
        _ingest(source, destination, ingestion_args)
        return
    file = S3File.from_in_memory_data(database.fetch_iter(query), _transient_s3_path(destination) + ".csv")
    s3_to_redshift(file, destination, **ingestion_args)


def _takes_rows(destination: RedshiftTable) -> bool:
    cls = destination.database.ingestion_class
    return isinstance(cls, type) and issubclass(cls, BasicUpsert) and not cls._ingests_by_itself()


def _ingest(source: Any, destination: RedshiftTable, ingestion_args: dict[str, Any]) -> None:
    destination.database.ingestion_class(source, destination, **ingestion_args)()


def _transient_s3_path(destination: RedshiftTable) -> str:
    database = type(destination.database).__name__.lower()
    return f"{s3_base_path()}/{database}/{destination.table_schema}/{destination.unique_identifier}"
