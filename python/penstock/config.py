"""Settings of the ``from_*`` functions and of `S3File`.

Each is an environment variable, looked up whenever it is needed, unless it is assigned here::

    from penstock import config
    config.S3_BASE_PATH = "s3://my-bucket/where/we/work"

============================  ==================================================================================
``S3_BASE_PATH``              ``s3://bucket/path`` below which data lie on their way to Redshift. From
                              ``PENSTOCK_S3_BASE_PATH``, else ``AWS_ETL_TOOLS_S3_BASE_PATH``; None when neither is set.
``REDSHIFT_INGEST_AUDIT_TABLE``  ``schema.table`` that `AuditedUpsert` writes to. From
                              ``AWS_ETL_TOOLS_REDSHIFT_INGEST_AUDIT_TABLE``; ``public.v1_ingest_audit``.
``LOCAL_TEMP_DIRECTORY``      A folder for files of a moment's; `tempfile.gettempdir()`.
``AWS_ACCESS_KEY_ID``, ``AWS_SECRET_ACCESS_KEY``, ``AWS_SESSION_TOKEN``, ``AWS_DEFAULT_REGION``
                              From the variable of that name with ``AWS_ETL_TOOLS_`` before it; None: the standard AWS
                              chain, from the environment to the instance's role.
============================  ==================================================================================
"""

import os
import tempfile
from typing import Any

S3_BASE_PATH_ENV_VAR_KEY = "AWS_ETL_TOOLS_S3_BASE_PATH"

_VARIABLES: dict[str, tuple[str, ...]] = {
    "S3_BASE_PATH": ("PENSTOCK_S3_BASE_PATH", S3_BASE_PATH_ENV_VAR_KEY),
    "REDSHIFT_INGEST_AUDIT_TABLE": ("AWS_ETL_TOOLS_REDSHIFT_INGEST_AUDIT_TABLE",),
    "AWS_ACCESS_KEY_ID": ("AWS_ETL_TOOLS_AWS_ACCESS_KEY_ID",),
    "AWS_SECRET_ACCESS_KEY": ("AWS_ETL_TOOLS_AWS_SECRET_ACCESS_KEY",),
    "AWS_SESSION_TOKEN": ("AWS_ETL_TOOLS_AWS_SESSION_TOKEN",),
    "AWS_DEFAULT_REGION": ("AWS_ETL_TOOLS_AWS_DEFAULT_REGION",),
}
_DEFAULTS = {"REDSHIFT_INGEST_AUDIT_TABLE": "public.v1_ingest_audit"}

# importlib.reload() keeps a module's names: what was assigned gives way to the environment again, as it always did
for _name in (*_VARIABLES, "LOCAL_TEMP_DIRECTORY"):
    globals().pop(_name, None)


def __getattr__(name: str) -> Any:
    if name == "LOCAL_TEMP_DIRECTORY":
        return tempfile.gettempdir()
    if name not in _VARIABLES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    values = (os.environ.get(variable) for variable in _VARIABLES[name])
    return next((value for value in values if value), _DEFAULTS.get(name))


def __dir__() -> list[str]:
    return sorted([*globals(), *_VARIABLES, "LOCAL_TEMP_DIRECTORY"])
