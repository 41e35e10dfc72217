"""Names in a statement."""

import re


def identifier(name: str) -> str:
    """A plain word as it is, for the server to fold; what else a name may be, in quotes."""
    if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_$]*", name):
        return name
    return quoted(name)


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def qualified(name: str) -> str:
    return ".".join(identifier(part) for part in name.split("."))
