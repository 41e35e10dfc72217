"""Rows of Python as batches of Arrow's, some at a time; and the columns of frames."""

from __future__ import annotations

import datetime
import decimal
import itertools
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from penstock._errors import InvalidError

if TYPE_CHECKING:
    import pyarrow as pa

_BATCH = 16_384  # rows


def is_frame(value: Any) -> bool:
    """Speaks Arrow's C interface, as an object and not as its class does."""
    return not isinstance(value, type) and (
        hasattr(value, "__arrow_c_stream__") or hasattr(value, "__arrow_c_array__"))


def is_of(value: Any, library: str, name: str) -> bool:
    """Is of that class, or is that class; the library need not be there."""
    kind = value if isinstance(value, type) else type(value)
    return any(of.__name__ == name and of.__module__.partition(".")[0] == library for of in kind.__mro__)


def text_of(value: Any) -> str | None:
    """As it stands in CSV; None is NULL."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, float):
        return None if value != value else repr(float(value))
    if isinstance(value, (bytes, bytearray, memoryview)):
        return bytes(value).hex()
    if isinstance(value, (dict, list)):
        return json.dumps(value, default=str)
    return str(value)


def text_batches(rows: Iterable[Any], names: Sequence[str], empty_as_null: bool) -> Iterator[pa.RecordBatch]:
    """Rows by position, every value as its text. There is one batch at least."""
    import pyarrow as pa

    schema = pa.schema([(name, pa.string()) for name in names])

    def batch(chunk: list[Any], before: int) -> pa.RecordBatch:
        columns: list[list[str | None]] = [[] for _ in names]
        for number, row in enumerate(chunk, before + 1):
            for column, value in zip(columns, _values(row, number, names), strict=True):
                text = text_of(value)
                column.append(None if empty_as_null and text == "" else text)
        return pa.record_batch([pa.array(column, pa.string()) for column in columns], schema=schema)

    return _batches(rows, batch)


def typed_batches(rows: Iterable[Any], names: Sequence[str] | None) -> Iterator[pa.RecordBatch]:
    """Rows, dicts or tuples, with the types that their first ones have; what follows must fit these.

    A column whose values are None in all of the first rows is text.
    """
    import pyarrow as pa

    iterator = iter(rows)
    first = list(itertools.islice(iterator, _BATCH))
    if not first and names is None:
        raise InvalidError("there are no rows, and no columns= that would say what they are of")
    found = list(names) if names is not None else _names_of(first[0])
    columns = _columns(first, 0, found)
    schema = pa.schema([(name, _type_of(name, values)) for name, values in zip(found, columns, strict=True)])

    def batch(chunk: list[Any], before: int) -> pa.RecordBatch:
        arrays = []
        for field, values in zip(schema, _columns(chunk, before, found), strict=True):
            try:
                arrays.append(pa.array(values, field.type))
            except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError) as error:
                raise InvalidError(f"column {field.name}: among rows {before + 1} to {before + len(chunk)} is a value that "
                                   f"is no {field.type}, which those before are: {error}") from None
        return pa.RecordBatch.from_arrays(arrays, schema=schema)

    return _batches(itertools.chain(first, iterator), batch)


def _batches(rows: Iterable[Any], batch: Any) -> Iterator[pa.RecordBatch]:
    iterator = iter(rows)
    before = 0
    while (chunk := list(itertools.islice(iterator, _BATCH))) or before == 0:
        yield batch(chunk, before)
        before += len(chunk)
        if not chunk:
            return


def _values(row: Any, number: int, names: Sequence[str]) -> Sequence[Any]:
    if isinstance(row, (str, bytes, Mapping)) or not isinstance(row, Iterable):
        raise InvalidError(f"row {number} is of the type {type(row).__name__}: a row is a tuple or a list of values")
    values = row if isinstance(row, (tuple, list)) else tuple(row)
    if len(values) != len(names):
        raise InvalidError(f"row {number} has {len(values)} values, and there are {len(names)} columns: {', '.join(names)}")
    return values


def _columns(rows: list[Any], before: int, names: list[str]) -> list[list[Any]]:
    columns: list[list[Any]] = [[] for _ in names]
    for number, row in enumerate(rows, before + 1):
        if isinstance(row, Mapping):
            if unknown := [str(name) for name in row if name not in names]:
                raise InvalidError(f"row {number} has {', '.join(unknown)}, which the first row has not: columns= names all")
            values: Sequence[Any] = [row.get(name) for name in names]
        else:
            values = _values(row, number, names)
        for column, value in zip(columns, values, strict=True):
            column.append(value)
    return columns


def _names_of(row: Any) -> list[str]:
    if isinstance(row, Mapping):
        return [str(name) for name in row]
    if hasattr(row, "_fields"):
        return list(row._fields)
    raise InvalidError("rows that are tuples have no names: columns=['id', 'name'] gives them, in their order")


def _type_of(name: str, values: list[Any]) -> pa.DataType:
    import pyarrow as pa

    present = [value for value in values if value is not None]

    def all_are(*kinds: type) -> bool:
        return all(isinstance(value, kinds) and not isinstance(value, bool) for value in present)

    if not present:
        return pa.string()
    if all_are(decimal.Decimal):
        return pa.decimal128(38, max(0, *(-_exponent(value) for value in present), 0))
    if all_are(int):
        return pa.int64()
    if all_are(int, float):
        return pa.float64()
    if all_are(datetime.datetime):
        return pa.timestamp("us", tz=None if present[0].tzinfo is None else "UTC")
    try:
        return pa.array(present).type
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        kinds = sorted({type(value).__name__ for value in present})
        raise InvalidError(f"column {name} holds values of several types ({', '.join(kinds)}): make them one") from None


def _exponent(value: decimal.Decimal) -> int:
    exponent = value.as_tuple().exponent
    return exponent if isinstance(exponent, int) else 0


def names_of_frame(frame: Any) -> list[str]:
    """Of its columns; of pandas without its index."""
    import pyarrow as pa

    if is_of(frame, "pandas", "DataFrame"):
        return [str(name) for name in frame.columns]
    if isinstance(schema := getattr(frame, "schema", None), pa.Schema):
        return list(schema.names)
    columns = getattr(frame, "columns", None)
    if isinstance(columns, Sequence) and all(isinstance(name, str) for name in columns):
        return list(columns)
    raise InvalidError(f"the columns of a {type(frame).__name__} can't be seen before its rows are: make it a "
                       "pyarrow.RecordBatchReader")


def renamed(frame: Any, names: Sequence[str]) -> Any:
    """The same rows under other names, by position."""
    if is_of(frame, "pandas", "DataFrame"):
        return frame.set_axis(list(names), axis=1)
    return _renamed_batches(frame, names)


def _renamed_batches(frame: Any, names: Sequence[str]) -> Iterator[pa.RecordBatch]:
    import pyarrow as pa

    reader = pa.RecordBatchReader.from_stream(frame)
    schema = pa.schema([field.with_name(name) for field, name in zip(reader.schema, names, strict=True)])
    yield pa.RecordBatch.from_pylist([], schema=schema)  # of no rows, too, there are columns
    for batch in reader:
        yield pa.RecordBatch.from_arrays(batch.columns, schema=schema)


def without_index(frame: Any) -> Any:
    """What `upsert` and `move` take of a frame: of pandas its columns alone; of a plan of polars' its rows."""
    if is_of(frame, "pandas", "DataFrame"):
        return frame.reset_index(drop=True)
    if is_of(frame, "polars", "LazyFrame"):
        return frame.collect()
    return frame


def frame_of(source: Any, columns: Iterable[str] | None) -> Any:
    """Of a frame, of batches, or of rows (tuples, dicts): what `move` takes. columns: the names of tuples."""
    if is_frame(source) or is_of(source, "polars", "LazyFrame"):
        if columns is not None:
            raise InvalidError("columns= names the columns of tuples; a frame has names")
        return without_index(source)
    if isinstance(source, (str, bytes, Mapping)) or not isinstance(source, Iterable):
        raise InvalidError(f"a {type(source).__module__}.{type(source).__qualname__} is no source: a URI, a frame, batches or "
                           "rows are")
    rows = iter(source)
    first = list(itertools.islice(rows, 1))
    if first and is_frame(first[0]) and columns is None:
        return (without_index(batch) for batch in itertools.chain(first, rows))
    return typed_batches(itertools.chain(first, rows), None if columns is None else list(columns))
