"""A place, by its URI."""

from __future__ import annotations

import os
import re
from typing import Any

from penstock import _core
from penstock._errors import InvalidError
from penstock._scan import scan

_FOR_SOURCES = ("query", "from_format", "sample", "columns", "delimiter", "null_as", "staging_bucket", "memory", "connection",
                "environment")


class Resource:
    """A place, by its URI: what `resource` gives, and `odo` where it wrote to one.

    It is looked at when it is used. What reads Arrow's streams reads it: ``pyarrow.table(resource)``,
    ``polars.from_arrow(resource)``.

    Attributes:
        uri: As it was given; it may hold a password, which ``repr()`` does not show.
        options: How it is read: keywords of `move`.
    """

    def __init__(self, uri: str | os.PathLike[str], **options: Any) -> None:
        self.uri = os.fspath(uri)
        if not self.uri:
            raise InvalidError("resource: the URI is empty")
        self.options = options

    def __repr__(self) -> str:
        shown = re.sub(r"(?<=://)([^/@:]*):[^/@]*@", r"\1:***@", self.uri)
        return f"resource({shown!r})"

    def __fspath__(self) -> str:
        return self.uri

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        return scanned(self.uri, self.options).__arrow_c_stream__(requested_schema)


def resource(uri: str | os.PathLike[str], **options: Any) -> Resource:
    """A place, to be given to `odo`, `discover` and `drop`, now or later.

    Args:
        uri: ``users.csv``, ``data/*.parquet``, ``s3://bucket/key.csv``, ``s3://bucket/prefix*.csv``,
            ``redshift://user:password@host:port/db::schema.table``, ``postgresql://…``.
        **options: How it is read: see `odo`.

    >>> penstock.resource('redshift://ann:secret@cluster.example:5439/dev::users')
    resource('redshift://ann:***@cluster.example:5439/dev::users')
    """
    return Resource(uri, **options)


def scanned(uri: str, options: dict[str, Any]) -> _core.Scan:
    """options: keywords of `move`."""
    unknown = [name for name in options if name not in _FOR_SOURCES]
    if unknown:
        raise InvalidError(f"{', '.join(unknown)}: no option of what is read")
    return scan(uri, **as_reading(options))


def as_reading(options: dict[str, Any]) -> dict[str, Any]:
    """Keywords of `move` as `scan` and `discover` call them."""
    return {{"from_format": "format"}.get(name, name): value for name, value in options.items()}
