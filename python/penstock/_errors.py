"""What goes wrong, by what can be done about it."""

from __future__ import annotations

import enum
from typing import Any, ClassVar

__all__ = [
    "BusyError", "CancelledError", "ConflictError", "DeniedError", "Error", "ErrorKind", "InDoubtError",
    "InternalError", "InvalidError", "NotFoundError", "RefusedError", "UnavailableError",
]


class ErrorKind(enum.Enum):
    """What a caller can do about an error."""

    invalid = "invalid"
    """Wrong usage or configuration, known without touching data: correct it."""
    not_found = "not_found"
    """No such object, bucket, table, schema: name another, or make it."""
    denied = "denied"
    """The server refused who we are, or what we may do."""
    refused = "refused"
    """The server, or a check of penstock's, refused the data or the statement: correct the data."""
    unavailable = "unavailable"
    """Could not be reached, or broke off, after penstock's own retries: try again later."""
    conflict = "conflict"
    """An input is not what it was when it was listed or loaded."""
    busy = "busy"
    """Somebody else holds the target, beyond the deadline."""
    in_doubt = "in_doubt"
    """The outcome of a commit is unknown; the message says what settles it."""
    cancelled = "cancelled"
    """Asked to stop."""
    internal = "internal"
    """A fault of penstock's."""


class Error(Exception):
    """What penstock could not do: what was being done, to what, the server's own words, and what holds now.

    Every error is of one of the classes below, each for a kind.

    >>> try:
    ...     penstock.history(connection="redshift://nobody@localhost:1/dev")
    ... except penstock.Error as error:
    ...     print(error.kind.name, error.exit_code)
    unavailable 1
    """

    kind: ClassVar[ErrorKind] = ErrorKind.internal
    exit_code: ClassVar[int] = 1
    """As the program ``penstock`` would exit."""

    summary: Any = None
    """Of what was done before, where an error ended it: of copy_committed() and delete_committed()."""

    @property
    def message(self) -> str:
        """In words, a line for each problem."""
        return str(self)


class InvalidError(Error):
    """Wrong usage or configuration, known without touching data."""

    kind = ErrorKind.invalid
    exit_code = 2


class NotFoundError(Error):
    """No such object, bucket, table or schema."""

    kind = ErrorKind.not_found


class DeniedError(Error):
    """The server refused who we are, or what we may do."""

    kind = ErrorKind.denied


class RefusedError(Error):
    """The server, or a check of penstock's, refused the data or the statement."""

    kind = ErrorKind.refused


class UnavailableError(Error):
    """A server could not be reached, or broke off, after penstock's own retries."""

    kind = ErrorKind.unavailable


class ConflictError(Error):
    """An input is not what it was when it was listed or loaded."""

    kind = ErrorKind.conflict
    exit_code = 4


class BusyError(Error):
    """Somebody else holds the target, beyond the deadline."""

    kind = ErrorKind.busy
    exit_code = 5


class InDoubtError(Error):
    """The outcome of a commit is unknown; the message says what settles it."""

    kind = ErrorKind.in_doubt
    exit_code = 3


class CancelledError(Error):
    """It was asked to stop."""

    kind = ErrorKind.cancelled
    exit_code = 130


class InternalError(Error):
    """A fault of penstock's."""

    kind = ErrorKind.internal


_CLASSES = {one.kind.name: one for one in (
    InvalidError, NotFoundError, DeniedError, RefusedError, UnavailableError, ConflictError, BusyError, InDoubtError,
    CancelledError, InternalError)}


def error_of(kind: str, message: str) -> Error:
    return _CLASSES[kind](message)
