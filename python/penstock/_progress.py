"""How far a call is: by a function of the caller's, or as a bar."""

from __future__ import annotations

import contextlib
import importlib.util
import sys
from collections.abc import Callable, Iterator
from typing import Any

from penstock._errors import InvalidError


@contextlib.contextmanager
def reporting(on_progress: Any, description: str) -> Iterator[Callable[[Any], object] | None]:
    """What is to be called for each progress; None: nothing."""
    if on_progress is None or callable(on_progress):
        yield on_progress
        return
    if on_progress != "bar":
        raise InvalidError(f"on_progress={on_progress!r} is neither a function nor \"bar\"")
    if not _can_be_drawn():
        yield None
        return
    from tqdm.auto import tqdm

    with tqdm(desc=description, unit="B", unit_scale=True, unit_divisor=1000) as bar:
        def show(now: Any) -> None:
            bar.total = now.size or None
            bar.set_postfix(records=getattr(now, "records", None) or getattr(now, "rows", 0), refresh=False)
            bar.update(now.bytes - bar.n)

        yield show


def _can_be_drawn() -> bool:
    if importlib.util.find_spec("tqdm") is None:
        return False
    is_notebook = "ipykernel" in sys.modules
    return is_notebook or (sys.stderr is not None and sys.stderr.isatty())
