"""reconciler's surface: which keys of a bucket Redshift has committed, and what is then done with them."""

from __future__ import annotations

import datetime
import logging
import os
import re
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Set
from typing import TYPE_CHECKING, Any, BinaryIO

from penstock import _core
from penstock._databases import RedshiftDatabase
from penstock._errors import DeniedError, InvalidError, NotFoundError
from penstock._names import quoted
from penstock._reconcile import copy_committed, delete_committed, reconcile

if TYPE_CHECKING:
    from penstock._core import ActsSummary, KeyAct, KeyFinding, ReconcileSummary

_OLD_NAMES = ("committed_keys", "keys_in_bucket", "bucket_keys_to_be_committed", "bucket_keys_already_committed")
_OTHER_NAMES = ("committed_outside_window", "overwritten", "rolled_back", "failed", "in_progress", "gone",
                "loaded_more_than_once", "ambiguous")
_NAMES = _OLD_NAMES + _OTHER_NAMES
_BIT = {name: 1 << place for place, name in enumerate(_NAMES)}
_SHOWN = 20  # keys, in a repr
_MICROSECOND = datetime.timedelta(microseconds=1)

_log = logging.getLogger("penstock")


class _KeptKeys:
    """Keys in the order of their bytes, in a nameless file that goes with this object: its size is the disk's matter.

    A line each: the sets that it is in (hexadecimal digits), its ETag and the key, in which a line's end is escaped.
    """

    def __init__(self, rows: Iterable[tuple[int, str, str]]) -> None:
        self._file: BinaryIO = tempfile.TemporaryFile("w+b", prefix="penstock_keys_")
        self._counts = dict.fromkeys(range(len(_NAMES)), 0)
        for sets, etag, key in rows:
            self._file.write(b"%x %s %s\n" % (sets, etag.encode(), key.encode().replace(b"\\", b"\\\\").replace(b"\n", b"\\n")))
            for place in range(len(_NAMES)):
                if sets >> place & 1:
                    self._counts[place] += 1
        self._file.flush()
        self._size = self._file.tell()

    def count(self, bit: int) -> int:
        return self._counts[bit.bit_length() - 1]

    def __iter__(self) -> Iterator[tuple[int, str, str]]:
        """(sets, ETag, key). Several may iterate at once."""
        at = 0
        while at < self._size:
            lines = os.pread(self._file.fileno(), 1 << 16, at)
            end = lines.rfind(b"\n")  # a line is at most some kilobytes: 1024 of a key, twice
            at += end + 1
            yield from map(self._read, lines[:end].split(b"\n"))

    @staticmethod
    def _read(line: bytes) -> tuple[int, str, str]:
        sets, etag, key = line.split(b" ", 2)
        if b"\\" in key:
            key = re.sub(rb"\\(.)", lambda escaped: b"\n" if escaped[1] == b"n" else escaped[1], key)
        return int(sets, 16), etag.decode(), key.decode()

    def sets_of(self, key: str) -> int:
        """0: it is not there."""
        wanted = key.encode()
        low, high = 0, self._size  # the line of the key begins in between
        while low < high:
            middle = (low + high) // 2
            start = self._line_start(middle)
            line = self._line(start)
            sets, _, found = self._read(line)
            if found.encode() == wanted:
                return sets
            if found.encode() < wanted:
                low = start + len(line) + 1
            else:
                high = start
        return 0

    def _line_start(self, at: int) -> int:
        first = max(0, at - (1 << 13))
        return first + os.pread(self._file.fileno(), at - first, first).rfind(b"\n") + 1

    def _line(self, start: int) -> bytes:
        return os.pread(self._file.fileno(), 1 << 13, start).split(b"\n", 1)[0]


class KeyView(Set[str]):
    """Keys, as ``s3://bucket/key``: a set that lies in a temporary file, and is read as it is iterated.

    It compares, and is combined, with sets as another set is; what comes of ``&``, ``|``, ``-`` and their like is a set
    in memory.
    """

    def __init__(self, kept: _KeptKeys, start: str, bit: int) -> None:
        self._kept = kept
        self._start = start
        self._bit = bit

    def __iter__(self) -> Iterator[str]:
        return (self._start + key for sets, _, key in self._kept if sets & self._bit)

    def __len__(self) -> int:
        return self._kept.count(self._bit)

    def __contains__(self, key: object) -> bool:
        return (isinstance(key, str) and key.startswith(self._start)
                and bool(self._kept.sets_of(key[len(self._start):]) & self._bit))

    @classmethod
    def _from_iterable(cls, keys: Iterable[Any]) -> set[Any]:
        return set(keys)

    def __repr__(self) -> str:
        if not self:
            return "set()"
        shown = [repr(key) for key, _ in zip(self, range(_SHOWN), strict=False)]
        more = [f"... {len(self) - _SHOWN} more"] if len(self) > _SHOWN else []
        return "{" + ", ".join(shown + more) + "}"

    def union(self, *others: Iterable[str]) -> set[str]:
        """As of a set."""
        return set(self).union(*others)

    def intersection(self, *others: Iterable[str]) -> set[str]:
        """As of a set."""
        return set(self).intersection(*others)

    def difference(self, *others: Iterable[str]) -> set[str]:
        """As of a set."""
        return set(self).difference(*others)

    def issubset(self, other: Iterable[str]) -> bool:
        """As of a set."""
        return self <= set(other)

    def issuperset(self, other: Iterable[str]) -> bool:
        """As of a set."""
        return all(key in self for key in other)


class ReconcilerDiff(Mapping[str, KeyView]):
    """What `Reconciler.diff_redshift_and_bucket` found. It reads like the dict of four sets that it was.

    ``committed_keys`` (also by its old spelling, ``comitted_keys``), ``keys_in_bucket``,
    ``bucket_keys_to_be_committed``, ``bucket_keys_already_committed``. And by their names, though an iteration leaves them
    out: ``overwritten`` since their load, ``rolled_back``, ``failed``, ``gone`` from the bucket, ``loaded_more_than_once``,
    ``in_progress``, ``committed_outside_window`` and ``ambiguous``, where it can't be told.

    Attributes:
        source: What was looked at, ``s3://bucket/folder``.
        summary: The ReconcileSummary: counts, bytes, and notes of what could not be known.
    """

    def __init__(self, source: str, start: datetime.datetime, end: datetime.datetime, kept: _KeptKeys,
                 summary: ReconcileSummary) -> None:
        self.source = source
        self.summary = summary
        self._start = start
        self._end = end
        self._kept = kept
        self._bucket = source.removeprefix("s3://").partition("/")[0]

    def __getitem__(self, name: str) -> KeyView:
        bit = _BIT.get("committed_keys" if name == "comitted_keys" else name)
        if bit is None:
            raise KeyError(name)
        return KeyView(self._kept, f"s3://{self._bucket}/", bit)

    def __iter__(self) -> Iterator[str]:
        return iter(_OLD_NAMES)

    def __len__(self) -> int:
        return len(_OLD_NAMES)

    def __repr__(self) -> str:
        return "{" + ", ".join(f"{name!r}: {keys!r}" for name, keys in self.items()) + "}"


class Reconciler:
    """Reconciles the keys of S3 with those that Redshift has loaded and committed.

    Args:
        aws_access_key_id: With the next one, what reaches S3; else AWS's standard chain does.
        aws_secret_access_key: See there.
        database: Else ``PGDATABASE``, else ``REDSHIFT_DB``.
        user: Else ``PGUSER``, else ``REDSHIFT_USER``.
        password: Else ``PGPASSWORD``, else ``REDSHIFT_PASSWORD``.
        host: Else ``PGHOST``, else ``REDSHIFT_HOST``.
        port: Else ``PGPORT``, else ``REDSHIFT_PORT``, else 5439.

    Raises:
        InvalidError: Something is given nowhere; all of it.

    It connects when it is asked something.

    >>> rec = penstock.Reconciler(database="dev", user="ann", password="secret", host="cluster.example", port=5439)
    >>> rec
    Reconciler(ann@cluster.example:5439/dev)
    """

    def __init__(self, aws_access_key_id: str | None = None, aws_secret_access_key: str | None = None,
                 database: str | None = None, user: str | None = None, password: str | None = None,
                 host: str | None = None, port: int | str | None = None) -> None:
        def found(given: Any, *variables: str) -> str:
            return str(given or next((os.environ[name] for name in variables if os.environ.get(name)), ""))

        self._credentials = {
            "database_name": found(database, "PGDATABASE", "REDSHIFT_DB"),
            "username": found(user, "PGUSER", "REDSHIFT_USER"),
            "password": found(password, "PGPASSWORD", "REDSHIFT_PASSWORD"),
            "host": found(host, "PGHOST", "REDSHIFT_HOST"),
            "port": found(port, "PGPORT", "REDSHIFT_PORT") or "5439",
            "sslmode": found(None, "PGSSLMODE"),
            "sslrootcert": found(None, "PGSSLROOTCERT"),
        }
        words = {"database_name": "database (PGDATABASE, REDSHIFT_DB)", "username": "user (PGUSER, REDSHIFT_USER)",
                 "password": "password (PGPASSWORD, REDSHIFT_PASSWORD)", "host": "host (PGHOST, REDSHIFT_HOST)"}
        missing = [word for name, word in words.items() if not self._credentials[name]]
        if missing:
            raise InvalidError(f"Reconciler: not given, and in no variable: {', '.join(missing)}")
        if (aws_access_key_id is None) != (aws_secret_access_key is None):
            raise InvalidError("Reconciler: aws_access_key_id and aws_secret_access_key go together")
        self._aws = {} if aws_access_key_id is None else {
            "AWS_ACCESS_KEY_ID": aws_access_key_id, "AWS_SECRET_ACCESS_KEY": str(aws_secret_access_key)}
        self._database = RedshiftDatabase(self._credentials)
        self._connection = self._database._uri()  # and so is checked

    def __repr__(self) -> str:
        return repr(self._database).replace(type(self._database).__name__, type(self).__name__, 1)

    def _environment(self) -> dict[str, str]:
        variables = dict(os.environ)
        if self._aws:
            variables.pop("AWS_SESSION_TOKEN", None)
        return variables | self._aws

    def diff_redshift_and_bucket(self, start_date: Any, end_date: Any, bucket_path: str) -> ReconcilerDiff:
        """What of a bucket's folder Redshift committed in a time, and what not.

        Args:
            start_date: ``'2014-10-20'`` (its midnight), a time, or a datetime: UTC, unless it says another zone.
            end_date: Likewise. Loads that began at either, or in between.
            bucket_path: ``bucket/folder``, also with ``s3://``: the keys below the folder. ``bucket/prefix*``: those that
                begin so, as ``bucket/prefix`` meant in reconciler, which took ``folder2`` for ``folder``, too.

        Returns:
            Four sets. ``committed_keys`` are those below the folder, which are there or not. Committed means here that
            the version that is there now is the one whose load was committed; a key that was overwritten since, or whose
            rows were replaced, or that merely has the name of one, is yet to be committed.

        Raises:
            InvalidError: A date or a path; all that is wrong.
            DeniedError: No system table may be read that tells of loads, or not the bucket.

        >>> rec = penstock.Reconciler()
        >>> result = rec.diff_redshift_and_bucket('2014-10-20', '2100-01-01', 'bucket/candies')
        >>> result
        {'committed_keys': set(), 'keys_in_bucket': {'s3://bucket/candies/2024.csv'}, \
'bucket_keys_to_be_committed': {'s3://bucket/candies/2024.csv'}, 'bucket_keys_already_committed': set()}
        """
        start, end = _window(start_date, end_date)
        source = _source_of(bucket_path)
        with reconcile(source, from_=start, to=end, connection=self._connection, environment=self._environment()) as findings:
            kept = _KeptKeys((_sets_of(found), found.object.etag if found.object else "", found.key) for found in findings)
            return ReconcilerDiff(source, start, end, kept, findings.summary)

    def get_committed_keys(self, start_date: Any, end_date: Any, bucket_path: str | None = None) -> Set[str]:
        """The keys whose loads began in a time and were committed, whether or not they are in their bucket still.

        Args:
            start_date: As of `diff_redshift_and_bucket`.
            end_date: As there.
            bucket_path: Those of a bucket, or a folder; None: of all buckets that Redshift loaded from.

        >>> len(penstock.Reconciler().get_committed_keys('2014-10-20', '2014-10-21'))
        0
        """
        start, end = _window(start_date, end_date)
        sources = self._buckets() if bucket_path is None else [_source_of(bucket_path)]
        found = [self._committed(source, start, end) for source in sources]
        if len(found) == 1:
            return found[0]
        return set().union(*found)

    def _committed(self, source: str, start: datetime.datetime, end: datetime.datetime) -> KeyView:
        bucket = source.removeprefix("s3://").partition("/")[0]
        with tempfile.TemporaryDirectory(prefix="penstock_") as empty:  # the bucket's own keys are not asked for
            os.mkdir(os.path.join(empty, bucket))
            with reconcile(source, from_=start, to=end, connection=self._connection,
                           environment=self._environment() | {"PENSTOCK_S3_FOLDER": empty}) as findings:
                return KeyView(_KeptKeys((_sets_of(found), "", found.key) for found in findings), f"s3://{bucket}/",
                               _BIT["committed_keys"])

    def _buckets(self) -> list[str]:
        """Those that Redshift knows loads from, as sources."""
        buckets: set[str] = set()
        denied: list[DeniedError] = []
        queries = ["SELECT DISTINCT split_part(filename, '/', 3) FROM stl_load_commits WHERE left(filename, 5) = 's3://'",
                   "SELECT DISTINCT split_part(file_name, '/', 3) FROM sys_load_detail WHERE left(file_name, 5) = 's3://'"]
        ledgers = self._database.fetch(
            "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
            "WHERE n.nspname = 'penstock' AND c.relkind = 'r' AND (c.relname = 'loads' OR left(c.relname, 7) = 'ledger_')")
        for (name,) in ledgers:
            if name == "loads":  # in which upserts keep the objects that they read
                queries.append("SELECT DISTINCT split_part(o[0]::varchar(4096), '/', 3) FROM (SELECT JSON_PARSE(objects) AS "
                               "objects FROM penstock.loads WHERE left(objects, 8) = '[[\"s3://') w, w.objects AS o")
            else:
                queries.append(f"SELECT DISTINCT bucket FROM penstock.{quoted(name)}")
        for query in queries:
            try:
                buckets.update(row[0].rstrip() for row in self._database.fetch(query) if row[0])
            except (DeniedError, NotFoundError) as error:  # what the others know is known all the same
                _log.info("%s", error)
                if isinstance(error, DeniedError):
                    denied.append(error)
        if len(denied) == len(queries):
            raise denied[0]
        return [f"s3://{bucket}" for bucket in sorted(buckets)]

    def get_all_keys(self, bucket_path: str) -> KeyView:
        """All keys of a bucket, or below a folder in it.

        Args:
            bucket_path: As of `diff_redshift_and_bucket`.

        >>> penstock.Reconciler().get_all_keys('bucket/candies')
        {'s3://bucket/candies/2024.csv'}
        """
        source = _source_of(bucket_path)
        bucket, _, prefix = source.removeprefix("s3://").partition("/")
        prefix = prefix[:-1] if prefix.endswith("*") else prefix and prefix.rstrip("/") + "/"
        listing = _core.Listing(bucket, prefix, environment=self._environment())
        bit = _BIT["keys_in_bucket"]
        kept = _KeptKeys((bit, "", key) for some in iter(listing.next_some, None) for key in some)
        return KeyView(kept, f"s3://{bucket}/", bit)

    def copy_committed_keys(self, diff: ReconcilerDiff, new_folder: str, *, storage_class: str = "",
                            dry_run: bool = False) -> ActsSummary:
        """Copy the keys that are already committed to another folder of their bucket, or to another bucket.

        In reconciler a copy had the last part of its key for a name, so that of two keys with one such part one was lost.
        Here keys keep their path below the folder. What is at a target, and is no copy, is kept, and said; run again, it
        goes on where it ended. S3 copies; each copy is looked at afterwards.

        Args:
            diff: What `diff_redshift_and_bucket` gave.
            new_folder: ``folder``, or ``s3://bucket/folder``.
            storage_class: Of the copies, as S3 names it.
            dry_run: Look at the targets, and copy nothing.

        Returns:
            How many keys became what.

        Raises:
            Error: What stopped all of it.

        >>> rec = penstock.Reconciler()
        >>> result = rec.diff_redshift_and_bucket('2014-10-20', '2014-10-21', 'bucket/candies')
        >>> rec.copy_committed_keys(result, 'mynewfolder').of(penstock.ActResult.copied).keys
        0
        """
        diff = _own(diff, "copy_committed_keys")
        target = new_folder if new_folder.startswith("s3://") else f"s3://{diff._bucket}/{new_folder.strip('/')}"
        return copy_committed(diff.source, target, from_=diff._start, to=diff._end, storage_class=storage_class,
                              dry_run=dry_run, on_key=_told, connection=self._connection, environment=self._environment())

    def delete_committed_keys(self, diff: ReconcilerDiff, *, only_copied_to: str = "",
                              journal: str | os.PathLike[str] | None = None, dry_run: bool = False) -> ActsSummary:
        """Delete the keys that are already committed.

        In reconciler a key went by its name. Here it goes only if it is proved that the object that is there now is the
        one that `diff` saw, and the one that a load committed, by its ETag: S3 is asked to delete that version and no
        other. What is kept is said, and why: what was overwritten meanwhile, and what only STL_LOAD_COMMITS knows, which
        keeps names and no ETags, so that `deletable` can't be proved.

        Args:
            diff: What `diff_redshift_and_bucket` gave.
            only_copied_to: ``folder``, or ``s3://bucket/folder``: only what has a proved copy there.
            journal: A local file that names each key before its removal is asked for; None:
                ``penstock-deleted-<time>.jsonl`` in the current folder.
            dry_run: Say what would go, and delete nothing.

        Returns:
            How many keys became what.

        Raises:
            RefusedError: The S3 server pays no heed to If-Match.
            Error: What stopped all of it.

        >>> rec = penstock.Reconciler()
        >>> result = rec.diff_redshift_and_bucket('2014-10-20', '2014-10-21', 'bucket/candies')
        >>> rec.delete_committed_keys(result, dry_run=True).of(penstock.ActResult.planned).keys
        0
        """
        diff = _own(diff, "delete_committed_keys")
        if only_copied_to and not only_copied_to.startswith("s3://"):
            only_copied_to = f"s3://{diff._bucket}/{only_copied_to.strip('/')}"
        now = datetime.datetime.now(datetime.timezone.utc)
        path = f"penstock-deleted-{now:%Y%m%dT%H%M%SZ}.jsonl" if journal is None else os.fspath(journal)
        bit = _BIT["bucket_keys_already_committed"]
        agreed = ((key, etag) for sets, etag, key in diff._kept if sets & bit)
        return delete_committed(diff.source, from_=diff._start, to=diff._end, only_copied_to=only_copied_to,
                                journal="" if dry_run else path, dry_run=dry_run, agreed=agreed, on_key=_told,
                                connection=self._connection, environment=self._environment())


def _told(act: KeyAct) -> None:
    _log.info("%s%s: %s%s", act.key, f" to {act.target}" if act.target else "", act.result.name.replace("_", " "),
              f": {act.reason}" if act.reason else "")


def _own(diff: Any, method: str) -> ReconcilerDiff:
    if not isinstance(diff, ReconcilerDiff):
        raise InvalidError(f"{method} takes what diff_redshift_and_bucket() gave, which knows the version of each key; a "
                           f"{type(diff).__name__} does not")
    return diff


def _sets_of(found: KeyFinding) -> int:
    return sum(_BIT[_core.set_name(one)] for one in found.sets)


def _source_of(bucket_path: str) -> str:
    path = str(bucket_path).removeprefix("s3://")
    if not path.partition("/")[0]:
        raise InvalidError(f"bucket_path={bucket_path!r} names no bucket: bucket, or bucket/folder")
    return f"s3://{path.rstrip('/')}"


def _window(start_date: Any, end_date: Any) -> tuple[datetime.datetime, datetime.datetime]:
    """With its end one moment behind the last that is in it."""
    problems = []
    found = []
    for name, given in (("start_date", start_date), ("end_date", end_date)):
        try:
            found.append(_moment(given))
        except ValueError:
            problems.append(f"{name}={given!r} is no date such as 2014-10-20, or 2014-10-20 12:00:00, and no datetime")
    if problems:
        raise InvalidError("; ".join(problems))
    return found[0], found[1] + _MICROSECOND


def _moment(given: Any) -> datetime.datetime:
    if isinstance(given, datetime.datetime):
        moment = given
    elif isinstance(given, datetime.date):
        moment = datetime.datetime(given.year, given.month, given.day)
    elif isinstance(given, str):
        moment = datetime.datetime.fromisoformat(given)
    else:
        raise ValueError
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=datetime.timezone.utc)
