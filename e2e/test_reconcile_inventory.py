"""penstock reconcile diff --inventory: an S3 Inventory in place of the listing, its files as pyarrow and gzip make them."""

import datetime
import gzip
import hashlib
import io
import json
import urllib.parse

import pyarrow
import pyarrow.csv
import pyarrow.orc
import pyarrow.parquet
import pytest

SCHEMA = ["Bucket", "Key", "VersionId", "IsLatest", "IsDeleteMarker", "Size", "LastModifiedDate", "ETag"]
KEYS = ["lake/a b.csv", "lake/a+b%.csv", "lake/z.csv", "lake/\u00e9/\u20ac.csv", "lake/sub/0.csv", "other/k.csv"]


class Lake:
    """A bucket of which each other key is loaded, and inventories of it."""

    def __init__(self, place, environment: dict[str, str]) -> None:
        self.place, self.bucket = place, place.bucket
        access = (f"ACCESS_KEY_ID '{environment['AWS_ACCESS_KEY_ID']}' "
                  f"SECRET_ACCESS_KEY '{environment['AWS_SECRET_ACCESS_KEY']}'")
        place.connection.execute(f"CREATE TABLE {place.schema}.views (id int)")
        for i, key in enumerate(sorted(KEYS)):
            self.bucket.put(key, f"{i}\n")
            if i % 2 == 0:
                quoted = self.bucket.uri(key).replace("'", "''")
                place.connection.execute(f"COPY {place.schema}.views FROM '{quoted}' {access} CSV")

    def rows(self) -> list[dict]:
        """Of an inventory: each object, an older version of it, and a delete marker; in no order."""
        listed = self.bucket.client.list_objects_v2(Bucket=self.bucket.name)["Contents"]
        found = []
        for entry in listed:
            row = dict(zip(SCHEMA, [self.bucket.name, entry["Key"], "v2", True, False, entry["Size"],
                                    entry["LastModified"], entry["ETag"].strip('"')]))
            found += [{**row, "VersionId": "v1", "IsLatest": False, "ETag": "0" * 32}, row]
        found.append(dict(zip(SCHEMA, [self.bucket.name, "lake/removed.csv", "v3", True, True, None,
                                       datetime.datetime.now(datetime.UTC), None])))
        return found[::-1]

    def file(self, rows: list[dict], form: str) -> bytes:
        out = io.BytesIO()
        if form == "CSV":
            def text(name: str, value) -> str:
                if name == "Key":
                    return urllib.parse.quote_plus(value)
                if isinstance(value, bool):
                    return str(value).lower()
                if isinstance(value, datetime.datetime):
                    return value.strftime("%Y-%m-%dT%H:%M:%S.000Z")
                return "" if value is None else str(value)
            lines = "".join(",".join(f'"{text(name, row[name])}"' for name in SCHEMA) + "\n" for row in rows)
            return gzip.compress(lines.encode())
        time = pyarrow.timestamp("ms", "UTC") if form == "Parquet" else pyarrow.timestamp("ns")
        names = {"Bucket": "bucket", "Key": "key", "VersionId": "version_id", "IsLatest": "is_latest",
                 "IsDeleteMarker": "is_delete_marker", "Size": "size", "LastModifiedDate": "last_modified_date",
                 "ETag": "e_tag"}
        types = [pyarrow.string()] * 3 + [pyarrow.bool_()] * 2 + [pyarrow.int64(), time, pyarrow.string()]
        made = pyarrow.table([pyarrow.array([row[name] if name != "LastModifiedDate" or form == "Parquet"
                                             else row[name].replace(tzinfo=None) for row in rows], type=kind)
                              for name, kind in zip(SCHEMA, types)], names=list(names.values()))
        (pyarrow.parquet.write_table if form == "Parquet" else pyarrow.orc.write_table)(made, out)
        return out.getvalue()

    def inventory(self, form: str, rows: list[dict]) -> str:
        """Of two files; its manifest's URI."""
        files = []
        for i, some in enumerate([rows[::2], rows[1::2]]):
            body, key = self.file(some, form), f"inventory/data/{form}-{i}" + (".csv.gz" if form == "CSV" else "")
            self.bucket.put(key, body)
            files.append({"key": key, "size": len(body), "MD5checksum": hashlib.md5(body).hexdigest()})
        manifest = {"sourceBucket": self.bucket.name, "destinationBucket": f"arn:aws:s3:::{self.bucket.name}",
                    "version": "2016-11-30", "creationTimestamp": "1514944800000", "fileFormat": form,
                    "fileSchema": ", ".join(SCHEMA), "files": files}
        self.bucket.put(f"inventory/{form}/manifest.json", json.dumps(manifest))
        return self.bucket.uri(f"inventory/{form}/manifest.json")

    def diff(self, *more: str):
        return self.place.program.run("reconcile", "diff", self.bucket.uri("lake"), *more)

    def lines(self, *more: str) -> list[dict]:
        run = self.diff("--json-lines", *more)
        assert run.code == 0, str(run)
        return [json.loads(line) for line in run.out.splitlines()]


@pytest.fixture
def lake(place, local_redshift) -> Lake:
    return Lake(place, local_redshift.environment)


@pytest.mark.parametrize("form", ["CSV", "Parquet", "ORC"])
def test_an_inventory_says_what_the_listing_says(lake, form):
    by_listing = lake.lines()
    uri = lake.inventory(form, lake.rows())
    by_inventory = lake.lines("--inventory", uri)
    assert [found["key"] for found in by_inventory[:-1]] == [key for key in sorted(KEYS) if key.startswith("lake/")]
    assert by_inventory[:-1] == by_listing[:-1]
    assert by_inventory[-1]["summary"] == by_listing[-1]["summary"]
    assert any("made at 2018-01-03T02:00:00Z" in note for note in by_inventory[-1]["notes"])


def test_an_inventory_without_etags_is_refused(lake, tmp_path):
    uri = lake.inventory("CSV", lake.rows())
    manifest = json.loads(lake.bucket.get("inventory/CSV/manifest.json"))
    manifest["fileSchema"] = manifest["fileSchema"].replace("ETag", "StorageClass")
    lake.bucket.put("inventory/CSV/manifest.json", json.dumps(manifest))
    run = lake.diff("--inventory", uri)
    assert run.code == 1
    assert "does not say ETag of its objects" in run.err


def test_a_file_that_changed_since_it_was_listed_is_refused(lake):
    uri = lake.inventory("CSV", lake.rows())
    lake.bucket.put("inventory/data/CSV-1.csv.gz", lake.file(lake.rows()[:1], "CSV"))
    run = lake.diff("--inventory", uri)
    assert run.code == 1
    assert "inventory/data/CSV-1.csv.gz" in run.err and "when it was listed" in run.err
