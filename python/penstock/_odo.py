"""odo's surface: one call, any two places; also frames, and the classes that they are of."""

from __future__ import annotations

import collections.abc
import contextlib
import importlib
import os
import re
from collections.abc import Iterable, Iterator
from typing import Any

from penstock._discover import discover
from penstock._errors import Error, InvalidError, NotFoundError
from penstock._move import move
from penstock._resource import Resource, scanned
from penstock._rows import frame_of, is_frame, is_of

_TABLE = re.compile(r"(redshift|postgresql|postgres)://[^?]*::[^?]+")


def odo(source: Any, target: Any, **options: Any) -> Any:
    """Moves anything to anywhere.

    Args:
        source: A URI, as of `move`; a `Resource`; a frame of pandas, polars, pyarrow or DuckDB (anything with
            ``__arrow_c_stream__``); or rows: a list, generator or other iterable of tuples or dicts, of which only some
            are held at a time. The types of rows are those of the first 16,384 of them.
        target: A URI or a `Resource`: tables are appended to, or made; files and objects that are there give way to
            ``replace=True`` only. Or a class: ``pandas.DataFrame``, ``polars.DataFrame``, ``polars.LazyFrame``,
            ``pyarrow.Table``, ``pyarrow.RecordBatchReader``, ``duckdb.DuckDBPyRelation``, ``list`` or ``set`` (of tuples),
            ``collections.abc.Iterator`` (of tuples, as they are read). Or a list or set, which is added to.
        **options: Keywords of `move`: ``replace``, ``columns`` (of rows that are tuples, or of CSV without a header),
            ``delimiter``, ``null_as``, ``from_format``, ``to_format``, ``sample``, ``query``, ``staging_bucket``,
            ``memory``, ``connection``, ``environment``; of what is written also ``on_progress``.

    Returns:
        Of a URI its `Resource`; of a class an object of it; of a list or set itself.

    Raises:
        InvalidError: URIs, options, rows that are none; all that is wrong.
        NotFoundError, RefusedError, ConflictError: As of `move`. What fails leaves nothing.
        Exception: What an iterable of rows raises, as it is.

    >>> penstock.odo('candies.csv', list)
    [(1, 'Snickers'), (2, "Reese's, peanut butter"), (3, 'Kit Kat')]
    >>> penstock.odo([{'id': 5, 'name': 'Ann'}], 'people.csv')
    resource('people.csv')
    """
    place = _uri_of(target)
    start = _uri_of(source)
    if isinstance(source, Resource):
        options = source.options | options
    if place is not None:
        if start is not None:
            move(start, place, **options)
        else:
            _move_rows(source, place, options)
        return target if isinstance(target, Resource) else Resource(place)
    if options.keys() & {"replace", "to_format", "to_delimiter"}:
        raise InvalidError("replace, to_format and to_delimiter are of a place that is written to, and not of what is in memory")
    if start is not None:
        return _read(scanned(start, options), target)
    columns = options.pop("columns", None)
    if options:
        raise InvalidError(f"{', '.join(options)}: nothing is read or written by penstock here")
    return _read(frame_of(source, columns), target)


def _uri_of(value: Any) -> str | None:
    if isinstance(value, (str, os.PathLike)):
        return os.fspath(value)
    return None


@contextlib.contextmanager
def _own_errors(source: Any) -> Iterator[None]:
    """What ends the reading of a scan is its Error, where it is one, and not pyarrow's words of it."""
    try:
        yield
    except Exception as raised:
        error = getattr(source, "error", None)
        if isinstance(error, Error) and not isinstance(raised, Error):
            raise error from None
        raise


def _move_rows(source: Any, place: str, options: dict[str, Any]) -> None:
    columns = options.pop("columns", None)
    if columns is None and not is_frame(source) and not is_of(source, "polars", "LazyFrame") and _TABLE.match(place):
        source, columns = _named_by_table(source, place, options)
    move(frame_of(source, columns), place, **options)


def _named_by_table(rows: Any, place: str, options: dict[str, Any]) -> tuple[Any, list[str] | None]:
    """Rows without names, into a table that is there, have those of its columns, in their order."""
    if not isinstance(rows, Iterable):
        return rows, None
    iterator = iter(rows)
    try:
        first = next(iterator)
    except StopIteration:
        first_rows: list[Any] = []
    else:
        first_rows = [first]
        if isinstance(first, collections.abc.Mapping) or hasattr(first, "_fields"):
            return _chained(first_rows, iterator), None
    reached = {name: options[name] for name in ("connection", "environment") if name in options}
    try:
        found = discover(place, **reached)
    except NotFoundError:
        return _chained(first_rows, iterator), None
    return _chained(first_rows, iterator), [column.name for column in found.columns]


def _chained(first: list[Any], others: Iterator[Any]) -> Iterator[Any]:
    yield from first
    yield from others


def _read(source: Any, target: Any) -> Any:
    with _own_errors(source):
        return _made(source, target)


def _made(source: Any, target: Any) -> Any:
    import pyarrow as pa

    into = target if isinstance(target, type) else type(target)
    if isinstance(target, (list, set)) or into in (list, set):
        rows = target if isinstance(target, (list, set)) else into()
        extend = rows.extend if isinstance(rows, list) else rows.update
        for some in _tuples(source):
            extend(some)
        return rows
    if not isinstance(target, type):
        raise InvalidError(f"a {into.__module__}.{into.__qualname__} can't be added to: give the class, or a list or set")
    if target in (collections.abc.Iterator, collections.abc.Generator, collections.abc.Iterable):
        return (row for some in _tuples(source) for row in some)
    reader = _reader_of(source)
    if issubclass(into, pa.RecordBatchReader):
        return reader
    if issubclass(into, pa.Table):
        return reader.read_all()
    if is_of(into, "pandas", "DataFrame"):
        return reader.read_pandas()
    if is_of(into, "polars", "DataFrame"):
        return _library("polars").from_arrow(reader.read_all())
    if is_of(into, "polars", "LazyFrame"):
        return _library("polars").from_arrow(reader.read_all()).lazy()
    if into.__name__ == "DuckDBPyRelation":
        return _library("duckdb").from_arrow(reader.read_all())
    raise InvalidError(f"{into.__module__}.{into.__qualname__} is no target: a URI is, and pandas.DataFrame, "
                       "polars.DataFrame, polars.LazyFrame, pyarrow.Table, pyarrow.RecordBatchReader, "
                       "duckdb.DuckDBPyRelation, list, set and collections.abc.Iterator")


def _library(name: str) -> Any:
    return importlib.import_module(name)


def _reader_of(source: Any) -> Any:
    import pyarrow as pa

    if is_of(source, "pandas", "DataFrame"):
        return pa.Table.from_pandas(source, preserve_index=False).replace_schema_metadata().to_reader()
    if hasattr(source, "__arrow_c_stream__"):
        return pa.RecordBatchReader.from_stream(source)
    if hasattr(source, "__arrow_c_array__"):
        batch = pa.record_batch(source)
        return pa.RecordBatchReader.from_batches(batch.schema, [batch])
    first = next(source)
    return pa.RecordBatchReader.from_batches(first.schema, _chained([first], source))


def _tuples(source: Any) -> Iterator[list[tuple[Any, ...]]]:
    with _own_errors(source):
        for batch in _reader_of(source):
            yield list(zip(*(column.to_pylist() for column in batch.columns), strict=True))
