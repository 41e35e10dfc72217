"""Puts objects into a bucket, as a producer of data would: a folder, or any S3 server, signed with the standard library.

Which one, and with what keys, the environment says: eval "$(penstock local env)".
"""

import datetime
import hashlib
import hmac
import os
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path


class FolderBucket:
    def __init__(self, root: str, name: str) -> None:
        self._folder = Path(root) / name
        self._folder.mkdir(parents=True, exist_ok=True)

    def put(self, key: str, body: bytes) -> None:
        path = self._folder / key
        path.parent.mkdir(parents=True, exist_ok=True)
        # An object appears whole or not at all; a name that starts with a dot is not one yet.
        unfinished = path.with_name("." + path.name)
        unfinished.write_bytes(body)
        unfinished.rename(path)


class S3Bucket:
    def __init__(self, endpoint: str, name: str) -> None:
        self._endpoint = endpoint.rstrip("/")
        self._name = name
        try:
            self._request("PUT", "", b"")
        except urllib.error.HTTPError as e:
            if e.code != 409:  # there already
                raise

    def put(self, key: str, body: bytes) -> None:
        self._request("PUT", "/" + urllib.parse.quote(key, safe="/~"), body)

    def _request(self, method: str, path: str, body: bytes) -> None:
        """AWS Signature Version 4."""
        path = f"/{self._name}{path}"
        now = datetime.datetime.now(datetime.UTC)
        stamp, day = now.strftime("%Y%m%dT%H%M%SZ"), now.strftime("%Y%m%d")
        region = os.environ["AWS_REGION"]
        host = urllib.parse.urlsplit(self._endpoint).netloc
        headers = {"host": host, "x-amz-content-sha256": hashlib.sha256(body).hexdigest(), "x-amz-date": stamp}
        signed = ";".join(headers)
        canonical = "\n".join([method, path, "", *(f"{k}:{v}" for k, v in headers.items()), "", signed,
                               headers["x-amz-content-sha256"]])
        scope = f"{day}/{region}/s3/aws4_request"
        text = "\n".join(["AWS4-HMAC-SHA256", stamp, scope, hashlib.sha256(canonical.encode()).hexdigest()])
        key = ("AWS4" + os.environ["AWS_SECRET_ACCESS_KEY"]).encode()
        for part in (day, region, "s3", "aws4_request"):
            key = hmac.new(key, part.encode(), hashlib.sha256).digest()
        signature = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
        headers["authorization"] = (f"AWS4-HMAC-SHA256 Credential={os.environ['AWS_ACCESS_KEY_ID']}/{scope}, "
                                    f"SignedHeaders={signed}, Signature={signature}")
        request = urllib.request.Request(self._endpoint + path, data=body, headers=headers, method=method)
        with urllib.request.urlopen(request, timeout=60):
            pass


def open_bucket(name: str) -> FolderBucket | S3Bucket:
    folder = os.environ.get("PENSTOCK_S3_FOLDER")
    return FolderBucket(folder, name) if folder else S3Bucket(os.environ["AWS_ENDPOINT_URL_S3"], name)
