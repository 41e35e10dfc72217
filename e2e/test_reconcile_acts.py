"""penstock reconcile copy and delete: whatever breaks off, races or is refused, no object is lost that was not loaded.

The witness of the buckets is boto3. What may go is told by the history that each test makes by COPY.
"""

import json
import os
import pty
import select
import signal
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from harness import actions
from harness.at_each import at_each
from harness.bucket import Bucket
from harness.fault_plan import Channel, Fault, Message, Phase
from harness.program import Run
from harness.through import Through

# Keys of one name, and of characters that URLs, shells and S3 take for something else.
KEYS = ["in/1/a.csv", "in/2/a.csv", "in/a b+%20.csv", "in/é&=?.csv", "in/z.csv"]
NEWER = b"1,newer\n"


class Lake:
    """A bucket with keys that COPY has loaded, and one to archive them in."""

    def __init__(self, place, local_redshift, folder: Path) -> None:
        self.place = place
        self.bucket: Bucket = place.bucket
        self.archive = Bucket(place.bucket.client, f"{place.bucket.name}-archive")
        self.journal = folder / f"{place.schema}.jsonl"
        env = local_redshift.environment
        self._keys = (f"ACCESS_KEY_ID '{env['AWS_ACCESS_KEY_ID']}' "
                      f"SECRET_ACCESS_KEY '{env['AWS_SECRET_ACCESS_KEY']}'")
        place.connection.execute(f"CREATE TABLE {place.schema}.t (id int, name varchar(100))")
        for number, key in enumerate(KEYS):
            self.load(key, number)

    def load(self, key: str, number: int = 0) -> None:
        """One key at a time: what it names as a prefix is only itself."""
        self.bucket.put(key, f"{number},{key.encode().hex()}\n")
        self.place.connection.execute(
            f"COPY {self.place.schema}.t FROM '{self.bucket.uri(key)}' {self._keys} CSV")

    def arguments(self, act: str, *more: str) -> list[str]:
        arguments = ["reconcile", act, self.bucket.uri("in")]
        if act == "copy":
            return [*arguments, self.archive.uri("old"), "--json-lines", *more]
        return [*arguments, "--yes", "--journal", str(self.journal), "--json-lines", *more]

    def run(self, act: str, *more: str) -> Run:
        return self.place.program.run(*self.arguments(act, *more))

    def run_through(self, server, act: str, *faults, more: tuple[str, ...] = ()) -> tuple[Run, list[Message]]:
        with Through(server) as through:
            through.plan.faults.extend(fault(through) if callable(fault) else fault for fault in faults)
            run = through.run(self.place.program, *self.arguments(act, *more))
        assert not faults or through.plan.struck, f"the fault never struck: {run}"
        return run, through.seen(Channel.S3)

    def noted(self, act: str) -> set[str]:
        """The keys of which the journal says this."""
        if not self.journal.exists():
            return set()
        lines = [json.loads(line) for line in self.journal.read_text().splitlines()]
        start = len(self.bucket.uri(""))
        return {line["uri"][start:] for line in lines if line["act"] == act}

    def left(self) -> set[str]:
        return {key for key in self.bucket.objects() if key.startswith("in/")}

    def check_copies(self) -> None:
        assert set(self.archive.objects()) == {key.replace("in/", "old/", 1) for key in KEYS}
        for key in KEYS:
            assert self.archive.get(key.replace("in/", "old/", 1)) == self.bucket.get(key), key


def results(run: Run) -> dict[str, str]:
    return {record["key"]: record["result"] for record in run.records if "key" in record}


@pytest.fixture
def new_lake(new_place, local_redshift, tmp_path):
    return lambda: Lake(new_place(), local_redshift, tmp_path)


@pytest.fixture
def lake(new_lake) -> Lake:
    return new_lake()


def test_what_is_committed_is_copied_with_its_path_and_once(lake):
    lake.bucket.put("in/pending.csv", NEWER)
    run = lake.run("copy")
    assert run.code == 0 and results(run) == dict.fromkeys(KEYS, "copied"), str(run)
    lake.check_copies()
    written = {o["Key"]: o["LastModified"] for o in lake.archive.client.list_objects_v2(
        Bucket=lake.archive.name)["Contents"]}
    head = lake.archive.client.head_object(Bucket=lake.archive.name, Key="old/1/a.csv")
    assert head["Metadata"]["penstock-copied-etag"] == lake.bucket.objects()["in/1/a.csv"].strip('"')
    again = lake.run("copy")
    assert again.code == 0 and results(again) == dict.fromkeys(KEYS, "there_already"), str(again)
    assert written == {o["Key"]: o["LastModified"] for o in lake.archive.client.list_objects_v2(
        Bucket=lake.archive.name)["Contents"]}


def test_another_object_at_a_target_stays_and_the_others_are_copied(lake):
    lake.archive.put("old/1/a.csv", b"somebody's")
    planned = lake.run("copy", "--dry-run")
    assert planned.code == 4 and results(planned) == {**dict.fromkeys(KEYS, "planned"), "in/1/a.csv": "taken"}
    run = lake.run("copy")
    assert run.code == 4, str(run)
    assert results(run) == {**dict.fromkeys(KEYS, "copied"), "in/1/a.csv": "taken"}
    assert lake.archive.get("old/1/a.csv") == b"somebody's"
    words = lake.place.program.run("reconcile", "copy", lake.bucket.uri("in"), lake.archive.uri("old"))
    assert words.code == 4 and "another object is there" in words.err, str(words)
    assert f"{len(KEYS) - 1} objects, " in words.out and "copied before" in words.out, str(words)


def test_an_object_uploaded_in_parts_is_known_again_by_its_mark(lake):
    client, name = lake.bucket.client, lake.bucket.name
    upload = client.create_multipart_upload(Bucket=name, Key="in/parts.csv")["UploadId"]
    bodies = [b"7,seven\n" * (5 << 17), b"8,eight\n"]
    parts = [{"PartNumber": i, "ETag": client.upload_part(
        Bucket=name, Key="in/parts.csv", UploadId=upload, PartNumber=i, Body=body)["ETag"]}
        for i, body in enumerate(bodies, 1)]
    client.complete_multipart_upload(Bucket=name, Key="in/parts.csv", UploadId=upload,
                                     MultipartUpload={"Parts": parts})
    lake.place.connection.execute(
        f"COPY {lake.place.schema}.t FROM '{lake.bucket.uri('in/parts.csv')}' {lake._keys} CSV")
    assert "-2" in lake.bucket.objects()["in/parts.csv"]
    assert results(lake.run("copy"))["in/parts.csv"] == "copied"
    assert lake.archive.get("old/parts.csv") == b"".join(bodies)
    assert results(lake.run("copy"))["in/parts.csv"] == "there_already"
    run = lake.run("delete", "--only-copied-to", lake.archive.uri("old"))
    assert results(run)["in/parts.csv"] == "deleted", str(run)


@pytest.mark.parametrize("where", ["here", "redshift"])
def test_what_is_committed_and_unchanged_is_deleted_and_nothing_else(lake, where):
    lake.bucket.put("in/pending.csv", NEWER)
    lake.bucket.put("in/1/a.csv", NEWER)
    lake.bucket.put("beside.csv", NEWER)
    planned = lake.run("delete", "--dry-run", "--where", where)
    assert planned.code == 0 and set(lake.left()) == {*KEYS, "in/pending.csv"} and not lake.journal.exists()
    run = lake.run("delete", "--where", where)
    assert run.code == 0, str(run)
    deleted = set(KEYS) - {"in/1/a.csv"}
    assert results(run) == {**dict.fromkeys(deleted, "deleted"), "in/1/a.csv": "overwritten"}, str(run)
    assert lake.left() == {"in/pending.csv", "in/1/a.csv"}
    assert set(lake.bucket.objects()) == {"in/pending.csv", "in/1/a.csv", "beside.csv"}
    assert lake.noted("intended") == lake.noted("deleted") == deleted
    assert {record["key"] for record in planned.records if record.get("result") == "planned"} == deleted


def test_only_what_has_a_proved_copy_is_deleted_where_that_is_asked(lake):
    assert lake.run("copy").code == 0
    lake.archive.delete("old/z.csv")
    lake.archive.put("old/2/a.csv", lake.bucket.get("in/2/a.csv").replace(b"1", b"9"))
    run = lake.run("delete", "--only-copied-to", lake.archive.uri("old"))
    assert run.code == 0, str(run)
    assert lake.left() == {"in/z.csv", "in/2/a.csv"}
    assert results(run)["in/z.csv"] == results(run)["in/2/a.csv"] == "not_copied"


def test_wrong_usage_is_said_all_at_once(lake):
    program = lake.place.program
    run = program.run("reconcile", "delete", lake.bucket.uri("in"), "--only-copied-to", lake.bucket.uri("in/old"))
    assert run.code == 2 and "lies below" in run.err and "--yes" in run.err, str(run)
    run = program.run("reconcile", "copy", lake.bucket.uri("in"), "--json", "--json-lines", "--from", "yesterday")
    assert run.code == 2 and "exclude each other" in run.err and "where to copy to" in run.err, str(run)
    assert "--from 'yesterday'" in run.err
    assert lake.left() == set(KEYS)


async def carried_out(exchange) -> None:
    """As it seems: the answer of a removal."""
    await exchange.answer(200, "")


def test_a_server_that_pays_no_heed_to_if_match_is_refused(lake, local_redshift):
    run, _ = lake.run_through(local_redshift, "delete",
                              Fault(Channel.S3, Phase.BEFORE, carried_out, match="^DELETE .*/version"))
    assert run.code == 1 and "If-Match" in run.err, str(run)
    assert lake.left() == set(KEYS) and not lake.journal.exists()
    assert "_penstock" not in " ".join(lake.bucket.objects())


@pytest.mark.parametrize("act", ["copy", "delete"])
def test_killed_at_any_request_it_is_finished_by_the_next_run(new_lake, local_redshift, act):
    _, requests = new_lake().run_through(local_redshift, act)
    assert len(requests) >= 2 * len(KEYS), requests

    def check(message: Message) -> None:
        lake = new_lake()
        before = {key: lake.bucket.get(key) for key in KEYS}
        phase = Phase.AFTER if message.ordinal % 2 else Phase.BEFORE
        run, _ = lake.run_through(local_redshift, act, lambda through: Fault(
            Channel.S3, phase, actions.kill(through.victim), ordinal=message.ordinal))
        assert run.code == -signal.SIGKILL, str(run)
        gone = set(KEYS) - lake.left()
        if act == "delete":
            assert gone <= lake.noted("intended"), f"{gone} are gone, and the journal does not name them: {run}"
        else:
            assert not gone
        again = lake.run(act)
        assert again.code == 0, str(again)
        if act == "delete":
            assert lake.left() == set() and lake.noted("intended") == set(KEYS)
        else:
            lake.check_copies()
            assert {key: lake.bucket.get(key) for key in KEYS} == before

    at_each(requests, check)


def test_the_journal_names_what_a_killed_deletion_took(lake, local_redshift):
    run, _ = lake.run_through(local_redshift, "delete", lambda through: Fault(
        Channel.S3, Phase.AFTER, actions.kill(through.victim), match="^DELETE .*/in/"))
    gone = set(KEYS) - lake.left()
    assert run.code == -signal.SIGKILL and gone, str(run)
    assert gone <= lake.noted("intended"), f"{gone} are gone"


def test_a_key_overwritten_at_any_request_of_a_deletion_survives(new_lake, local_redshift):
    _, requests = new_lake().run_through(local_redshift, "delete")

    def check(message: Message) -> None:
        lake = new_lake()
        for_key = KEYS[message.ordinal % len(KEYS)]
        run, _ = lake.run_through(local_redshift, "delete", Fault(
            Channel.S3, Phase.BEFORE, actions.meanwhile(lambda: lake.bucket.put(for_key, NEWER)),
            ordinal=message.ordinal))
        assert run.code in (0, 4), str(run)
        assert lake.bucket.get(for_key) == NEWER, str(run)
        assert lake.left() == {for_key}, str(run)

    at_each(requests, check)


def test_a_key_overwritten_at_its_own_removal_survives_and_is_exit_4(lake, local_redshift):
    run, _ = lake.run_through(local_redshift, "delete", Fault(
        Channel.S3, Phase.BEFORE, actions.meanwhile(lambda: lake.bucket.put("in/z.csv", NEWER)),
        match="^DELETE .*/in/z.csv"))
    assert run.code == 4 and results(run)["in/z.csv"] == "changed", str(run)
    assert lake.bucket.get("in/z.csv") == NEWER
    assert lake.noted("changed") == {"in/z.csv"}


@pytest.mark.parametrize("phase", [Phase.BEFORE, Phase.AFTER], ids=lambda p: p.name.lower())
def test_a_target_that_is_taken_before_the_copy_stays(lake, local_redshift, phase):
    # at the copy itself it is If-None-Match that keeps it, which versitygw pays no heed to
    run, _ = lake.run_through(local_redshift, "copy", Fault(
        Channel.S3, phase, actions.meanwhile(lambda: lake.archive.put("old/z.csv", NEWER)), match="^HEAD .*/old/z.csv"))
    assert run.code == 4 and results(run) == {**dict.fromkeys(KEYS, "copied"), "in/z.csv": "taken"}, str(run)
    assert lake.archive.get("old/z.csv") == NEWER


@pytest.mark.parametrize("pattern, phase, action, code", [
    ("^PUT .*/old/z.csv", Phase.BEFORE, actions.s3_error_in_200(), 0),
    ("^PUT .*/old/z.csv", Phase.AFTER, actions.hang_up, 0),
    ("^PUT .*/old/z.csv", Phase.BEFORE, actions.s3_status(503, "SlowDown"), 0),
    ("^PUT .*/old/z.csv", Phase.BEFORE, actions.s3_status(403, "AccessDenied"), 1),
], ids=["200-with-error", "answer-lost", "503", "403"])
def test_what_is_said_of_a_copy_whose_request_fails_holds(lake, local_redshift, pattern, phase, action, code):
    run, _ = lake.run_through(local_redshift, "copy", Fault(Channel.S3, phase, action, match=pattern))
    assert run.code == code, str(run)
    assert results(run) == {**dict.fromkeys(KEYS, "copied"), **({"in/z.csv": "failed"} if code else {})}, str(run)
    assert lake.run("copy").code == 0
    lake.check_copies()


@pytest.mark.parametrize("phase, action, result", [
    (Phase.AFTER, actions.hang_up, "deleted"),
    (Phase.AFTER, actions.s3_status(503, "SlowDown"), "deleted"),
    (Phase.BEFORE, actions.s3_status(503, "SlowDown"), "deleted"),
    (Phase.BEFORE, actions.s3_status(403, "AccessDenied"), "failed"),
    (Phase.BEFORE, actions.s3_status(412, "PreconditionFailed"), "failed"),
], ids=["answer-lost", "503-after", "503", "403", "412"])
def test_what_is_said_of_a_removal_whose_request_fails_holds(lake, local_redshift, phase, action, result):
    run, _ = lake.run_through(local_redshift, "delete", Fault(
        Channel.S3, phase, action, match="^DELETE .*/in/z.csv"))
    assert run.code == (0 if result == "deleted" else 1), str(run)
    assert results(run) == {**dict.fromkeys(KEYS, "deleted"), "in/z.csv": result}, str(run)
    assert lake.left() == (set() if result == "deleted" else {"in/z.csv"})
    assert "in/z.csv" in lake.noted(result)
    assert lake.run("delete").code == 0 and lake.left() == set()


@pytest.mark.parametrize("act, pattern", [("copy", "^PUT .*/old/"), ("delete", "^DELETE .*/in/")])
def test_asked_to_stop_it_says_what_was_done_and_the_next_run_finishes(lake, local_redshift, act, pattern):
    run, _ = lake.run_through(local_redshift, act, lambda through: Fault(
        Channel.S3, Phase.BEFORE, actions.send_signal(through.victim, signal.SIGINT), match=pattern))
    assert run.code in (0, 130), str(run)
    assert "summary" in run.records[-1], str(run)
    done = {key for key, result in results(run).items() if result in ("copied", "deleted")}
    if act == "delete":
        assert set(KEYS) - lake.left() == done
    again = lake.run(act)
    assert again.code == 0, str(again)
    assert lake.left() == (set() if act == "delete" else set(KEYS))
    if act == "copy":
        lake.check_copies()


@pytest.mark.parametrize("act", ["copy", "delete"])
def test_two_at_once_do_it_once_between_them(lake, act):
    with ThreadPoolExecutor(2) as pool:
        runs = list(pool.map(lambda _: lake.run(act), range(2)))
    assert [run.code for run in runs] == [0, 0], f"{runs[0]}\n{runs[1]}"
    if act == "copy":
        lake.check_copies()
    else:
        assert lake.left() == set() and lake.noted("deleted") | lake.noted("gone") == set(KEYS)


class Terminal:
    """penstock before a terminal, answered by a test."""

    def __init__(self, lake: Lake) -> None:
        program = lake.place.program
        self.master, slave = pty.openpty()
        arguments = [a for a in lake.arguments("delete") if a != "--yes"]
        self.process = subprocess.Popen([str(program.path), *arguments], env=program.environment, stdin=slave,
                                        stdout=subprocess.DEVNULL, stderr=slave)
        os.close(slave)
        self.said = ""

    def wait_for(self, text: str, seconds: float = 60) -> None:
        deadline = time.monotonic() + seconds
        while text not in self.said:
            assert time.monotonic() < deadline, self.said
            if select.select([self.master], [], [], 0.1)[0]:
                try:
                    self.said += os.read(self.master, 4096).decode(errors="replace")
                except OSError:  # it has ended
                    raise AssertionError(self.said) from None

    def answer(self, text: str) -> int:
        os.write(self.master, f"{text}\n".encode())
        code = self.process.wait(60)
        os.close(self.master)
        return code


@pytest.mark.parametrize("answer", ["yes", "y", ""])
def test_it_asks_with_counts_and_deletes_no_more_than_was_agreed_to(lake, answer):
    size = sum(len(lake.bucket.get(key)) for key in KEYS)
    terminal = Terminal(lake)
    terminal.wait_for("Type yes")
    assert f"Delete {len(KEYS)} objects, {size} B, below {lake.bucket.uri('in')}?" in terminal.said
    lake.load("in/later.csv", 9)
    assert terminal.answer(answer) == 0
    assert lake.left() == ({"in/later.csv"} if answer == "yes" else {*KEYS, "in/later.csv"})
