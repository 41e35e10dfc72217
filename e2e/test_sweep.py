"""penstock sweep: what a killed upsert left is removed, and what a living one needs is not."""

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from harness import actions
from harness.fault_plan import Channel, Fault, Phase
from harness.processes import wait_until
from harness.program import Run
from harness.through import Through


class Staging:
    """Where a place's upserts stage."""

    def __init__(self, place, server) -> None:
        self.place = place
        self.env = {"PENSTOCK_S3_BASE_PATH": place.bucket.uri("staging/")}
        self.folder = server.data / "versitygw/objects" / place.bucket.name
        place.connection.execute(f"CREATE TABLE {place.schema}.candies (id int, candy varchar(100))")

    def arguments(self, source: str) -> list[str]:
        return ["upsert", source, "--into", f"{self.place.schema}.candies", "--key", "id", "--no-maintenance"]

    def sweep(self, *more: str, code: int = 0) -> list[dict]:
        run = self.place.program.run("sweep", "--json", *more, env=self.env)
        assert run.code == code, str(run)
        return run.records

    def uploads(self) -> list[str]:
        found = self.place.bucket.client.list_multipart_uploads(Bucket=self.place.bucket.name)
        return [upload["Key"] for upload in found.get("Uploads", [])]

    def make_old(self) -> None:
        """All that is there: the S3 server keeps it as files, whose times are what it tells."""

        def all_is_old() -> bool:
            for path in [self.folder, *self.folder.rglob("*")]:
                os.utime(path, (time.time() - 48 * 3600,) * 2)
            return all(r["status"] == "planned" for r in self.sweep("--dry-run"))

        # what was on its way to the server when its sender was killed may still be written
        wait_until(all_is_old, "old leftovers")


@pytest.fixture
def staging(place, local_redshift) -> Staging:
    return Staging(place, local_redshift)


def candies(tmp_path: Path, count: int = 3) -> str:
    path = tmp_path / "candies.csv"
    path.write_text("id,candy\n" + "".join(f"{i},candy {i}\n" for i in range(count)))
    return str(path)


def incompressible(tmp_path: Path) -> str:
    """Large enough for uploads of several parts."""
    path = tmp_path / "large.csv"
    noise = os.urandom(30 << 20).hex()
    width = 90
    path.write_text("id,candy\n" + "".join(
        f"{i},{noise[i * width:(i + 1) * width]}\n" for i in range(len(noise) // width)))
    return str(path)


def interrupted(staging: Staging, server, source: str, fault: Callable[[Through], Fault]) -> Run:
    with Through(server) as through:
        through.plan.faults.append(fault(through))
        run = through.run(staging.place.program, *staging.arguments(source), env=staging.env)
    assert through.plan.struck, str(run)
    return run


def killed_at(channel: Channel, pattern: str) -> Callable[[Through], Fault]:
    return lambda through: Fault(channel, Phase.BEFORE, actions.kill(through.victim), match=pattern)


def test_what_killed_upserts_left_is_removed_and_a_living_one_keeps_its_own(staging, local_redshift, tmp_path):
    source = candies(tmp_path)
    assert interrupted(staging, local_redshift, source, killed_at(Channel.SQL, "^COPY")).code == -9
    staged = set(staging.place.bucket.objects())
    assert len(staged) == 2
    large = incompressible(tmp_path)
    assert interrupted(staging, local_redshift, large, killed_at(Channel.S3, "PUT .*partNumber=2")).code == -9
    assert staging.uploads() and set(staging.place.bucket.objects()) == staged
    staging.place.bucket.put("staging/notes.txt", "somebody's")
    staging.place.bucket.put("staged/notes.txt", "somebody's")
    staging.make_old()
    assert [r["status"] for r in staging.sweep("--dry-run")] == ["planned", "planned"]

    swept: list[dict] = []
    living = interrupted(staging, local_redshift, source, lambda _: Fault(
        Channel.SQL, Phase.BEFORE, actions.meanwhile(lambda: swept.extend(staging.sweep())), match="^COPY"))
    assert living.code == 0, str(living)
    assert sorted(r["status"] for r in swept) == ["removed", "removed", "young"]
    assert sum(r["objects"] for r in swept if r["status"] == "removed") == 2
    assert sum(r["uploads"] for r in swept) > 0
    assert len(staging.place.rows("candies")) == 3
    assert staging.uploads() == []
    assert set(staging.place.bucket.objects()) == {"staging/notes.txt", "staged/notes.txt"}

    run = staging.place.program.run("sweep", env=staging.env)
    assert "nothing was left below" in run.out and "staging/notes.txt" in run.err
    assert "staged/notes.txt" not in run.said.replace("staging/", "")


@pytest.mark.parametrize("channel, pattern", [(Channel.SQL, "^COPY"), (Channel.S3, "POST .*uploadId="),
                                              (Channel.S3, "PUT .*/manifest.json")], ids=["copy", "staging", "manifest"])
def test_a_living_run_that_is_swept_all_the_same_fails_and_changes_nothing(
        staging, local_redshift, tmp_path, channel, pattern):
    source = incompressible(tmp_path) if "uploadId" in pattern else candies(tmp_path)
    run = interrupted(staging, local_redshift, source, lambda _: Fault(
        channel, Phase.BEFORE, actions.meanwhile(lambda: staging.sweep("--older-than", "0s")), match=pattern))
    assert run.code == 1, str(run)
    assert "nothing was changed" in run.err
    assert staging.place.rows("candies") == []
    assert staging.place.bucket.objects() == {} and staging.uploads() == []


def test_the_manifest_of_a_killed_load_is_removed_and_its_data_stay(place, local_redshift):
    place.put_events("2024-01-01")
    data = set(place.bucket.objects())
    with Through(local_redshift) as through:
        through.plan.faults.append(Fault(Channel.SQL, Phase.BEFORE, actions.kill(through.victim), match="^COPY"))
        assert through.run(place.program, *place.arguments()).code == -9
    assert len(place.bucket.objects()) == len(data) + 1
    run = place.program.run("sweep", "--bucket", place.bucket.name, "--older-than", "0s")
    assert run.code == 0 and "removed: 1 object of " in run.out, str(run)
    assert set(place.bucket.objects()) == data


def test_wrong_usage_of_sweep_is_said_all_at_once(program):
    run = program.run("sweep", "--older-than", "1", env={"PENSTOCK_S3_BASE_PATH": None})
    assert run.code == 2
    assert "--older-than '1' is no time" in run.err and "there is no place to sweep" in run.err
    assert program.run("sweep", "--bucket", "nobody-has-this-bucket").code == 1
