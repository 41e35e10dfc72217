"""The environment that the core is given by what reads `config`."""

from __future__ import annotations

import os

from penstock import config
from penstock._errors import InvalidError

_AWS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")


class BaseAwsEtlToolsError(InvalidError, RuntimeError):
    """What aws_etl_tools' own errors derive from."""


class NoS3BasePathError(BaseAwsEtlToolsError):
    """`config.S3_BASE_PATH` is not set, and the data need a place on their way."""


class NoDataFoundError(BaseAwsEtlToolsError):
    """What was to go to S3 is empty."""


def of_config() -> dict[str, str]:
    """The process's, with what `config` says before it."""
    variables = dict(os.environ)
    if config.AWS_ACCESS_KEY_ID and config.AWS_SECRET_ACCESS_KEY:
        for name in _AWS:
            variables.pop(name, None)
            if value := getattr(config, name):
                variables[name] = str(value)
    if config.AWS_DEFAULT_REGION:
        variables["AWS_REGION"] = str(config.AWS_DEFAULT_REGION)
    if config.S3_BASE_PATH:
        variables["PENSTOCK_S3_BASE_PATH"] = str(config.S3_BASE_PATH)
    return variables


def s3_base_path() -> str:
    """``s3://bucket/path``, without a slash at its end."""
    base = config.S3_BASE_PATH
    if not base:
        raise NoS3BasePathError(
            "S3_BASE_PATH is not set: where in S3 the data may lie on their way to Redshift. Set it in Python, "
            "penstock.config.S3_BASE_PATH = 's3://bucket/path', or in the environment, PENSTOCK_S3_BASE_PATH "
            "(or AWS_ETL_TOOLS_S3_BASE_PATH)")
    if not str(base).startswith("s3://"):
        raise NoS3BasePathError(f"S3_BASE_PATH is {base!r}, which is no s3://bucket/path")
    return str(base).rstrip("/")
