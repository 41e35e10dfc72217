"""A bucket of a test's own, seen through boto3."""

import boto3
import botocore.config


def s3_client(endpoint_url: str, access_key_id: str, secret_access_key: str):
    return boto3.client("s3", endpoint_url=endpoint_url, region_name="us-east-1", aws_access_key_id=access_key_id,
                        aws_secret_access_key=secret_access_key,
                        config=botocore.config.Config(s3={"addressing_style": "path"}, max_pool_connections=20))


class Bucket:
    def __init__(self, client, name: str) -> None:
        self.client = client
        self.name = name
        client.create_bucket(Bucket=name)

    def put(self, key: str, body: bytes | str) -> None:
        self.client.put_object(Bucket=self.name, Key=key, Body=body.encode() if isinstance(body, str) else body)

    def get(self, key: str) -> bytes:
        return self.client.get_object(Bucket=self.name, Key=key)["Body"].read()

    def delete(self, key: str) -> None:
        self.client.delete_object(Bucket=self.name, Key=key)

    def objects(self) -> dict[str, str]:
        """Every key with its ETag."""
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=self.name)
        return {o["Key"]: o["ETag"] for page in pages for o in page.get("Contents", [])}

    def uri(self, key: str) -> str:
        return f"s3://{self.name}/{key}"
