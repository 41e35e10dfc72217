"""Sources that are rows in memory, as something with ``__arrow_c_stream__``."""

from __future__ import annotations

import itertools
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from penstock._errors import InvalidError

_ROWS = 1 << 16  # of a frame of pandas, that are made Arrow's at a time


class Rows:
    """Rows of a frame, or of batches that somebody makes one after the other."""

    def __init__(self, stream: Any, raised: Sequence[BaseException] = ()) -> None:
        self.stream = stream
        self._raised = raised

    def raise_own(self, error: BaseException) -> None:
        """What ended the rows is what their maker raised, where that is so."""
        if not self._raised:
            return
        raised = self._raised[0]
        raised.add_note(str(error))
        raise raised from None


def paths_of(source: Any) -> list[str] | None:
    """Of a source that is named: a path, a URI, or several. None: it is rows."""
    if isinstance(source, (str, os.PathLike)):
        return [os.fspath(source)]
    if isinstance(source, (list, tuple)) and source and all(isinstance(one, (str, os.PathLike)) for one in source):
        return [os.fspath(one) for one in source]
    return None


def rows_of(source: Any) -> Rows:
    """Of a frame, a batch, or an iterable of either."""
    if _is_pandas(source):
        return _rows_of_pandas(source)
    if hasattr(source, "__arrow_c_stream__"):
        return Rows(source)
    if hasattr(source, "__arrow_c_array__"):
        return _rows_of_batches(iter([source]))
    if isinstance(source, Iterable) and not isinstance(source, (bytes, bytearray, dict)):
        return _rows_of_batches(iter(source))
    raise InvalidError(f"a source of {type(source).__module__}.{type(source).__qualname__} is neither a path or URI, "
                       "nor a data frame (anything with __arrow_c_stream__), nor an iterable of those")


def _is_pandas(source: Any) -> bool:
    pandas = sys.modules.get("pandas")
    return pandas is not None and isinstance(source, pandas.DataFrame)


def _rows_of_pandas(frame: Any) -> Rows:
    """Some rows at a time, so that what must be copied is never all of it. An index counts if it has a name."""
    import pyarrow as pa

    has_index = any(name is not None for name in frame.index.names)
    problems = [f"column {name!r} has no text for a name" for name in frame.columns if not isinstance(name, str)]
    if problems:
        raise InvalidError("\n".join(problems))
    try:
        schema = pa.Schema.from_pandas(frame, preserve_index=has_index).remove_metadata()
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError) as error:
        raise InvalidError(f"the frame can't be made Arrow's: {' '.join(map(str, error.args))}") from None

    def batches() -> Iterator[Any]:
        for start in range(0, len(frame), _ROWS):
            yield pa.RecordBatch.from_pandas(frame.iloc[start:start + _ROWS], schema=schema,
                                             preserve_index=has_index).replace_schema_metadata()

    return _read_by_arrow(schema, batches())


def _rows_of_batches(batches: Iterator[Any]) -> Rows:
    numbered = ((number, part) for number, batch in enumerate(batches, 1) for part in _parts_of(batch, number))
    first = next(numbered, None)
    if first is None:
        raise InvalidError("the source gives no batch, so that nothing is known of its columns: an empty one would do")
    schema = first[1].schema

    def alike() -> Iterator[Any]:
        for number, part in itertools.chain([first], numbered):
            if not part.schema.equals(schema):
                raise InvalidError(_difference(number, part.schema, schema))
            yield part

    return _read_by_arrow(schema, alike())


def _parts_of(batch: Any, number: int) -> Iterator[Any]:
    import pyarrow as pa

    if _is_pandas(batch):
        yield from pa.RecordBatchReader.from_stream(_rows_of_pandas(batch).stream)
    elif hasattr(batch, "__arrow_c_array__") and not hasattr(batch, "__arrow_c_stream__"):
        yield pa.record_batch(batch)
    elif isinstance(batch, pa.RecordBatch):
        yield batch
    elif hasattr(batch, "__arrow_c_stream__"):
        reader = pa.RecordBatchReader.from_stream(batch)
        any_batch = False
        for part in reader:
            any_batch = True
            yield part
        if not any_batch:
            yield pa.RecordBatch.from_pylist([], schema=reader.schema)
    else:
        raise InvalidError(f"batch {number} of the source is a {type(batch).__module__}.{type(batch).__qualname__}, "
                           "which is no data frame: it has neither __arrow_c_stream__ nor __arrow_c_array__")


def _difference(number: int, now: Any, first: Any) -> str:
    lines = [f"batch {number} of the source has other columns than the first:"]
    for name in dict.fromkeys([*first.names, *now.names]):
        before, after = (str(s.field(name).type) if s.get_field_index(name) >= 0 else "none" for s in (first, now))
        if before != after:
            lines.append(f"  {name}: {after}, and {before} in the first")
    if len(lines) == 1:
        lines.append(f"  {', '.join(now.names)}, and {', '.join(first.names)} in the first")
    return "\n".join(lines)


def _read_by_arrow(schema: Any, batches: Iterator[Any]) -> Rows:
    import pyarrow as pa

    raised: list[BaseException] = []

    def noted() -> Iterator[Any]:
        try:
            yield from batches
        except BaseException as error:
            raised.append(error)
            raise

    return Rows(pa.RecordBatchReader.from_batches(schema, noted()), raised)
