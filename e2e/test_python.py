"""The package `penstock`: its calls in this process, against the local Redshift, seen by psycopg."""

import datetime as dt
import logging
import pickle
import threading

import penstock
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from harness.upsert_table import CANDIES, FIRST, SECOND


@pytest.fixture
def environment(table, local_redshift) -> dict[str, str]:
    """What the calls are given in place of this process's environment."""
    return {**local_redshift.environment, **table.environment}


@pytest.fixture
def upsert(table, environment):
    """Into the test's table, which has the candies' columns."""
    table.create("id int, candy varchar(100)")

    def call(source, **how) -> penstock.UpsertOutcome:
        outcome = penstock.upsert(source, f"{table.place.schema}.{table.name}", key="id", maintenance=False,
                                  environment=environment, **how)
        assert table.staged() == [], "nothing that was staged stays"
        return outcome

    return call


def test_the_candies_twice(table, upsert):
    first = upsert(table.file(CANDIES))
    assert (first.read, first.inserted, first.updated, first.superseded) == (3, 3, 0, 0)
    assert table.rows() == FIRST
    second = upsert([table.file("id,candy\n2,Reese's\n"), table.file("id,candy\n4,Mars\n")])
    assert (second.read, second.inserted, second.updated) == (2, 1, 1)
    assert table.rows() == SECOND


def test_a_result_can_be_read_shown_and_made_a_dict_but_not_changed(table, upsert):
    outcome = upsert(table.file(CANDIES))
    assert f"table='{table.name}', read=3, inserted=3" in repr(outcome)
    plain = outcome.as_dict()
    assert plain["inserted"] == 3 and plain["load_id"] == outcome.load_id and plain["findings"] == []
    with pytest.raises(AttributeError):
        outcome.inserted = 4


def test_all_that_is_wrong_with_the_options_is_said_at_once(table):
    with pytest.raises(penstock.InvalidError) as raised:
        penstock.upsert("candies.csv", "candies", key=7, mode="merge", lock_timeout="soon", delimiter="||",
                        environment={"REDSHIFT_HOST": "localhost"})
    said = raised.value.message
    for one in ("key=7 is neither a text nor several", "mode='merge' is none of upsert, append, replace",
                "lock_timeout='soon' is neither a number of seconds nor a timedelta",
                "delimiter='||' is not one ASCII character", "REDSHIFT_DB", "REDSHIFT_USER",
                "there is no place to stage at"):
        assert one in said, said
    assert "--" not in said, said
    assert raised.value.kind is penstock.ErrorKind.invalid and raised.value.exit_code == 2


def test_an_error_is_of_its_kind_and_says_what_holds(table, environment):
    with pytest.raises(penstock.NotFoundError, match="nothing was changed") as raised:
        penstock.upsert(table.file(CANDIES), f"{table.place.schema}.nowhere", key="id", environment=environment)
    assert isinstance(raised.value, penstock.Error)
    again = pickle.loads(pickle.dumps(raised.value))
    assert type(again) is penstock.NotFoundError and again.message == raised.value.message


def test_a_connection_goes_before_the_environment_and_shows_no_password(table, environment):
    table.create("id int, candy varchar(100)")
    connection = penstock.Connection(
        host=environment["REDSHIFT_HOST"], port=int(environment["REDSHIFT_PORT"]), database=environment["REDSHIFT_DB"],
        user=environment["REDSHIFT_USER"], password=environment["REDSHIFT_PASSWORD"])
    assert environment["REDSHIFT_PASSWORD"] not in repr(connection)
    others = {**environment, "REDSHIFT_HOST": "nowhere.invalid", "REDSHIFT_PASSWORD": "wrong"}
    into = f"{table.place.schema}.{table.name}"
    assert penstock.upsert(table.file(CANDIES), into, key="id", connection=connection, environment=others).read == 3
    uri = "redshift://{REDSHIFT_USER}:{REDSHIFT_PASSWORD}@{REDSHIFT_HOST}:{REDSHIFT_PORT}/{REDSHIFT_DB}"
    outcome = penstock.upsert(table.file(CANDIES), into, key="id", connection=uri.format(**environment),
                              environment=others)
    assert outcome.updated == 3
    with pytest.raises(penstock.Error) as raised:
        penstock.upsert(table.file(CANDIES), into, key="id", environment=others)
    assert "wrong" not in raised.value.message


def test_what_is_said_goes_to_logging(table, upsert, caplog):
    with caplog.at_level(logging.DEBUG, "penstock"):
        upsert(table.file(CANDIES))
    assert caplog.records and {record.name for record in caplog.records} == {"penstock"}


def test_progress_is_called_in_the_thread_of_the_call(table, upsert):
    seen = []
    upsert(table.file(CANDIES), on_progress=lambda now: seen.append((threading.get_ident(), now.records, now.size)))
    assert seen and {ident for ident, *_ in seen} == {threading.get_ident()}
    assert seen[-1][1] == 3 and seen[-1][2] == len(CANDIES)


def test_what_progress_raises_ends_the_call_and_nothing_is_changed(table, upsert):
    def fail(_now):
        raise LookupError("enough")

    with pytest.raises(LookupError, match="enough") as raised:
        upsert(table.file(CANDIES), on_progress=fail)
    assert "nothing was changed" in "\n".join(raised.value.__notes__)
    assert table.rows() == []


def test_a_load_of_the_newest_data(place, local_redshift):
    place.put_events("2024-01-01")
    place.put_events("2024-01-02", first=4)
    how = {"environment": local_redshift.environment, "maintenance": False}
    summary = penstock.load(place.schema, "events", place.bucket.name, **how)
    assert [(t.status, t.rows) for t in summary.tables] == [(penstock.LoadStatus.loaded, 3)]
    assert place.ids() == [4, 5, 6] and summary.exit_code == 0
    again = penstock.load(place.schema, ["events"], place.bucket.name, **how)
    assert again.tables[0].status.name == "skipped"
    old = penstock.load(place.schema, "events", place.bucket.name, force=True,
                        date=dt.datetime(2024, 1, 1, tzinfo=dt.timezone.utc), **how)
    assert old.tables[0].data_date == "2024-01-01T00:00:00Z" and place.ids() == [1, 2, 3, 4, 5, 6]
    missing = penstock.load(place.schema, "nothing", place.bucket.name, **how)
    assert missing.tables[0].error is penstock.ErrorKind.not_found and missing.exit_code == 1
    entries = penstock.history(place.schema, environment=local_redshift.environment)
    assert [entry.rows for entry in entries if entry.committed] == [3, 3]


def test_a_date_without_a_time_zone_is_refused(place, local_redshift):
    with pytest.raises(penstock.InvalidError, match="does not say of which time zone"):
        penstock.load(place.schema, "events", place.bucket.name, date=dt.datetime(2024, 1, 1),
                      environment=local_redshift.environment)


def test_move_discover_and_drop(place, tmp_path, environment):
    (tmp_path / "candies.csv").write_text(CANDIES)
    found = penstock.discover(tmp_path / "candies.csv", environment=environment)
    assert [column.name for column in found.columns] == ["id", "candy"] and "CREATE TABLE" in found.ddl()
    uri = place.bucket.uri("moved.parquet")
    plan = penstock.plan_move(tmp_path / "candies.csv", uri, environment=environment)
    assert plan.routes[0].steps
    assert penstock.move(tmp_path / "candies.csv", uri, environment=environment).rows == 3
    assert "moved.parquet" in place.bucket.objects()
    assert penstock.plan_drop(uri, environment=environment).targets[0].names == [uri]
    assert penstock.drop(uri, environment=environment)[0].removed == 1
    assert "moved.parquet" not in place.bucket.objects()


def test_unload_writes_what_a_table_holds(table, upsert, environment):
    upsert(table.file(CANDIES))
    uri = table.place.bucket.uri("out/")
    unloaded = penstock.unload(f"SELECT * FROM {table.place.schema}.{table.name}", uri, format="parquet",
                               environment=environment)
    assert unloaded.rows == 3
    keys = [unloaded_object.uri.removeprefix(f"s3://{table.place.bucket.name}/") for unloaded_object in unloaded.objects]
    assert sum(pq.read_table(pa.BufferReader(table.place.bucket.get(key))).num_rows for key in keys) == 3


def test_findings_are_read_one_after_the_other_and_acted_upon(place, local_redshift, tmp_path):
    how = {"environment": local_redshift.environment}
    place.bucket.put("data/pending.json", b"{}")
    source = f"s3://{place.bucket.name}/data"
    findings = penstock.reconcile(source, **how)
    found = list(findings)
    assert [finding.key for finding in found] == ["data/pending.json"]
    assert penstock.KeySet.pending in found[0].sets and found[0].is_in(penstock.KeySet.in_bucket)
    assert found[0].object.last_modified.tzinfo is dt.timezone.utc
    assert findings.summary.of(penstock.KeySet.pending).keys == 1
    assert findings.summary.sets["bucket_keys_to_be_committed"].keys == 1
    with pytest.raises(penstock.InvalidError) as raised:
        penstock.reconcile("here", from_=dt.datetime(2024, 1, 1), **how)
    assert "from_=" in raised.value.message and "s3://" in raised.value.message
    keys = []
    place.put_events("2024-01-01")
    place.load()
    summary = penstock.copy_committed(f"s3://{place.bucket.name}/{place.schema}*", f"s3://{place.bucket.name}/copies",
                                      on_key=keys.append, **how)
    assert summary.of(penstock.ActResult.copied).keys == 1 and keys[0].result is penstock.ActResult.copied
    planned = penstock.delete_committed(f"s3://{place.bucket.name}/", dry_run=True, **how)
    assert planned.results["planned"].keys == 1
    assert penstock.sweep(place.bucket.name, **how).others == 0
