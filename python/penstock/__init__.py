"""penstock brings data, from anywhere, into Amazon Redshift: through S3 and COPY, exactly once, and says what it did.

    >>> import penstock
    >>> penstock.upsert("candies.csv", "foods.candies", key="id").read
    3

Where the cluster is comes from ``connection=`` or the environment (``REDSHIFT_HOST``, ``REDSHIFT_DB``,
``REDSHIFT_USER``, ``REDSHIFT_PASSWORD``), access to S3 from AWS's standard chain. What penstock says meanwhile goes to
``logging.getLogger("penstock")``; what goes wrong is an ``Error``, by a class for what can be done about it.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from penstock import config as config
    from penstock._build import __version__ as __version__
    from penstock._core import ActResult as ActResult
    from penstock._core import ActsSummary as ActsSummary
    from penstock._core import BadValue as BadValue
    from penstock._core import Connection as Connection
    from penstock._core import DiscoveredColumn as DiscoveredColumn
    from penstock._core import DiscoverOutcome as DiscoverOutcome
    from penstock._core import DropKind as DropKind
    from penstock._core import Dropped as Dropped
    from penstock._core import DropPlan as DropPlan
    from penstock._core import DropTarget as DropTarget
    from penstock._core import Duplicates as Duplicates
    from penstock._core import Granularity as Granularity
    from penstock._core import HistoryEntry as HistoryEntry
    from penstock._core import KeyAct as KeyAct
    from penstock._core import KeyCount as KeyCount
    from penstock._core import KeyFinding as KeyFinding
    from penstock._core import KeyFindings as KeyFindings
    from penstock._core import KeyLoad as KeyLoad
    from penstock._core import KeySet as KeySet
    from penstock._core import Leftover as Leftover
    from penstock._core import LeftoverStatus as LeftoverStatus
    from penstock._core import LoadedObject as LoadedObject
    from penstock._core import LoadErrorRow as LoadErrorRow
    from penstock._core import LoadState as LoadState
    from penstock._core import LoadStatus as LoadStatus
    from penstock._core import LoadSummary as LoadSummary
    from penstock._core import MovedColumn as MovedColumn
    from penstock._core import MoveOutcome as MoveOutcome
    from penstock._core import MovePlan as MovePlan
    from penstock._core import MoveProgress as MoveProgress
    from penstock._core import NullKeys as NullKeys
    from penstock._core import ObjectInfo as ObjectInfo
    from penstock._core import Part as Part
    from penstock._core import ReconcileSummary as ReconcileSummary
    from penstock._core import Route as Route
    from penstock._core import RouteStep as RouteStep
    from penstock._core import Scan as Scan
    from penstock._core import SourceFormat as SourceFormat
    from penstock._core import StagedColumn as StagedColumn
    from penstock._core import StagedObject as StagedObject
    from penstock._core import SweepOutcome as SweepOutcome
    from penstock._core import TableOutcome as TableOutcome
    from penstock._core import UnloadCompression as UnloadCompression
    from penstock._core import Unloaded as Unloaded
    from penstock._core import UnloadedObject as UnloadedObject
    from penstock._core import UnloadFormat as UnloadFormat
    from penstock._core import UnloadOver as UnloadOver
    from penstock._core import UpsertOutcome as UpsertOutcome
    from penstock._core import UpsertProgress as UpsertProgress
    from penstock._core import WriteMode as WriteMode
    from penstock._databases import PostgresDatabase as PostgresDatabase
    from penstock._databases import RedshiftDatabase as RedshiftDatabase
    from penstock._discover import discover as discover
    from penstock._drop import drop as drop
    from penstock._drop import plan_drop as plan_drop
    from penstock._environment import BaseAwsEtlToolsError as BaseAwsEtlToolsError
    from penstock._environment import NoDataFoundError as NoDataFoundError
    from penstock._environment import NoS3BasePathError as NoS3BasePathError
    from penstock._errors import BusyError as BusyError
    from penstock._errors import CancelledError as CancelledError
    from penstock._errors import ConflictError as ConflictError
    from penstock._errors import DeniedError as DeniedError
    from penstock._errors import Error as Error
    from penstock._errors import ErrorKind as ErrorKind
    from penstock._errors import InDoubtError as InDoubtError
    from penstock._errors import InternalError as InternalError
    from penstock._errors import InvalidError as InvalidError
    from penstock._errors import NotFoundError as NotFoundError
    from penstock._errors import RefusedError as RefusedError
    from penstock._errors import UnavailableError as UnavailableError
    from penstock._history import history as history
    from penstock._ingestion import AuditedUpsert as AuditedUpsert
    from penstock._ingestion import BasicUpsert as BasicUpsert
    from penstock._load import load as load
    from penstock._move import move as move
    from penstock._move import plan_move as plan_move
    from penstock._odo import odo as odo
    from penstock._reconcile import copy_committed as copy_committed
    from penstock._reconcile import delete_committed as delete_committed
    from penstock._reconcile import reconcile as reconcile
    from penstock._reconciler import KeyView as KeyView
    from penstock._reconciler import Reconciler as Reconciler
    from penstock._reconciler import ReconcilerDiff as ReconcilerDiff
    from penstock._sources import from_dataframe as from_dataframe
    from penstock._sources import from_in_memory as from_in_memory
    from penstock._sources import from_local_file as from_local_file
    from penstock._sources import from_manifest as from_manifest
    from penstock._sources import from_postgres_query as from_postgres_query
    from penstock._sources import from_s3_file as from_s3_file
    from penstock._sources import from_s3_path as from_s3_path
    from penstock._sources import s3_to_redshift as s3_to_redshift
    from penstock._sources import S3File as S3File
    from penstock._sources import S3RelativeFilePath as S3RelativeFilePath
    from penstock._resource import Resource as Resource
    from penstock._resource import resource as resource
    from penstock._scan import scan as scan
    from penstock._staged_write import commit as commit
    from penstock._staged_write import discard as discard
    from penstock._staged_write import stage as stage
    from penstock._sweep import sweep as sweep
    from penstock._tables import RedshiftTable as RedshiftTable
    from penstock._unload import unload as unload
    from penstock._upsert import upsert as upsert

# Which module has which name. A module is imported when one of its names is asked for.
_NAMES = {
    "_core": (
        "ActResult", "ActsSummary", "BadValue", "Connection", "DiscoverOutcome", "DiscoveredColumn", "DropKind",
        "DropPlan", "DropTarget", "Dropped", "Duplicates", "Granularity", "HistoryEntry", "KeyAct", "KeyCount",
        "KeyFinding", "KeyFindings", "KeyLoad", "KeySet", "Leftover", "LeftoverStatus", "LoadErrorRow", "LoadState",
        "LoadStatus", "LoadSummary", "LoadedObject", "MoveOutcome", "MovePlan", "MoveProgress", "MovedColumn",
        "NullKeys", "ObjectInfo", "Part", "ReconcileSummary", "Route", "RouteStep", "Scan", "SourceFormat",
        "StagedColumn", "StagedObject", "SweepOutcome", "TableOutcome", "UnloadCompression", "UnloadFormat",
        "UnloadOver", "Unloaded", "UnloadedObject", "UpsertOutcome", "UpsertProgress", "WriteMode"),
    "_build": ("__version__",),
    "_databases": ("PostgresDatabase", "RedshiftDatabase"),
    "_discover": ("discover",),
    "_drop": ("drop", "plan_drop"),
    "_environment": ("BaseAwsEtlToolsError", "NoDataFoundError", "NoS3BasePathError"),
    "_errors": (
        "BusyError", "CancelledError", "ConflictError", "DeniedError", "Error", "ErrorKind", "InDoubtError",
        "InternalError", "InvalidError", "NotFoundError", "RefusedError", "UnavailableError"),
    "_history": ("history",),
    "_ingestion": ("AuditedUpsert", "BasicUpsert"),
    "_load": ("load",),
    "_move": ("move", "plan_move"),
    "_odo": ("odo",),
    "_reconcile": ("copy_committed", "delete_committed", "reconcile"),
    "_reconciler": ("KeyView", "Reconciler", "ReconcilerDiff"),
    "_sources": (
        "S3File", "S3RelativeFilePath", "from_dataframe", "from_in_memory", "from_local_file", "from_manifest",
        "from_postgres_query", "from_s3_file", "from_s3_path", "s3_to_redshift"),
    "_resource": ("Resource", "resource"),
    "_scan": ("scan",),
    "_staged_write": ("commit", "discard", "stage"),
    "_sweep": ("sweep",),
    "_tables": ("RedshiftTable",),
    "_unload": ("unload",),
    "_upsert": ("upsert",),
}
_MODULES = {name: module for module, names in _NAMES.items() for name in names}

__all__ = ["config", *(name for name in _MODULES if not name.startswith("_"))]  # pyright: ignore[reportUnsupportedDunderAll]


def __getattr__(name: str) -> Any:
    if name == "_core":
        from penstock import _libraries

        _libraries.load()
        return importlib.import_module("penstock._core")
    if name == "config":
        return importlib.import_module("penstock.config")
    if name not in _MODULES:
        raise AttributeError(f"module 'penstock' has no attribute {name!r}")
    module = __getattr__("_core") if _MODULES[name] == "_core" else importlib.import_module(f"penstock.{_MODULES[name]}")
    value = getattr(module, name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_MODULES})
