"""What several functions take."""

from __future__ import annotations

import datetime
import os
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias, TypeVar

if TYPE_CHECKING:
    from penstock._core import Connection

Progress = TypeVar("Progress", contravariant=True)

ConnectionLike: TypeAlias = "Connection | str | None"
Environment: TypeAlias = Mapping[str, str] | None
OnProgress: TypeAlias = Callable[[Progress], object] | Literal["bar"] | None
Texts: TypeAlias = str | Sequence[str]
Path: TypeAlias = str | os.PathLike[str]
Seconds: TypeAlias = float | datetime.timedelta
Moment: TypeAlias = datetime.datetime | datetime.date | str


class ArrowStream(Protocol):
    """A data frame of pandas, polars, pyarrow, a DuckDB relation: what speaks Arrow's C stream interface."""

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any: ...


class ArrowArray(Protocol):
    """A record batch of whoever speaks Arrow's C data interface."""

    def __arrow_c_array__(self, requested_schema: Any = None) -> Any: ...
