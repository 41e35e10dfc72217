"""Arrow's libraries, which are those of the pyarrow that is installed: a process has one Arrow."""

from __future__ import annotations

import ctypes
import importlib.util
from importlib import metadata
from pathlib import Path

from penstock._build import ARROW_LIBRARIES, PYARROW

_held: list[ctypes.CDLL] = []


def load() -> None:
    """Loads them, without importing pyarrow, so that the native module finds them loaded.

    Each by its own dlopen, so that what libparquet has inside of other libraries stays its own.
    """
    if _held:
        return
    folder = _folder()
    missing = [name for name in ARROW_LIBRARIES if not (folder / name).is_file()]
    if missing:
        raise ImportError(f"penstock needs pyarrow {PYARROW}, whose libraries it shares; {folder} is of pyarrow "
                          f"{_version()} and has no {', '.join(missing)}: pip install 'pyarrow~={PYARROW}.0'")
    for name in ARROW_LIBRARIES:
        try:
            _held.append(ctypes.CDLL(str(folder / name)))
        except OSError as error:
            _held.clear()
            raise ImportError(f"penstock needs pyarrow's {name}, which can't be loaded: {error}") from error


def _folder() -> Path:
    spec = importlib.util.find_spec("pyarrow")
    if spec is None or not spec.submodule_search_locations:
        raise ImportError(f"penstock needs pyarrow {PYARROW}, whose libraries it shares, and there is none: "
                          f"pip install 'pyarrow~={PYARROW}.0'")
    return Path(spec.submodule_search_locations[0])


def _version() -> str:
    try:
        return metadata.version("pyarrow")
    except metadata.PackageNotFoundError:
        return "unknown version"
