"""An S3 server of a benchmark's own, its objects in a folder (of memory, best), and clients that have its keys."""

import os
import subprocess
from pathlib import Path

import boto3
from harness.plain_servers import PlainVersitygw


class S3Lab:
    """One bucket, `bench`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        # without MD5s: the server shares its cores with whom it serves
        self.server = PlainVersitygw(os.environ["VERSITYGW"], folder, "--data-integrity-etag")
        self.environment = {**os.environ, "AWS_ACCESS_KEY_ID": self.server.access_key_id,
                            "AWS_SECRET_ACCESS_KEY": self.server.secret_access_key, "AWS_REGION": "us-east-1",
                            "AWS_ENDPOINT_URL": self.server.endpoint_url, "AWS_EC2_METADATA_DISABLED": "true",
                            "S3_ENDPOINT_URL": self.server.endpoint_url, "HOME": str(folder)}
        self.s3 = boto3.client("s3", endpoint_url=self.server.endpoint_url, region_name="us-east-1",
                               aws_access_key_id=self.server.access_key_id,
                               aws_secret_access_key=self.server.secret_access_key)
        self.s3.create_bucket(Bucket="bench")

    def keys(self) -> list[str]:
        return [found["Key"] for page in self.s3.get_paginator("list_objects_v2").paginate(Bucket="bench")
                for found in page.get("Contents", [])]

    def forget(self) -> None:
        for key in self.keys():
            self.s3.delete_object(Bucket="bench", Key=key)

    def shell(self, script: str) -> None:
        subprocess.run(["bash", "-euo", "pipefail", "-c", script], check=True, cwd=self.folder, env=self.environment,
                       stdout=subprocess.DEVNULL)
