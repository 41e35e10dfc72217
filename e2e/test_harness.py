"""The harness itself, against a plain PostgreSQL and a plain versitygw: a proxy that doesn't hurt proves nothing."""

import itertools
import os
import subprocess
import time

import boto3
import botocore.config
import botocore.exceptions
import psycopg
import pytest
from harness import actions
from harness.fault_plan import Channel, Fault, FaultPlan, Phase
from harness.plain_servers import PlainPostgres, PlainVersitygw
from harness.processes import folder_for_servers, is_gone, tied
from harness.s3_proxy import S3Proxy
from harness.sql_proxy import SqlProxy


numbers = itertools.count(1)


@pytest.fixture(scope="module")
def postgres():
    with folder_for_servers() as folder:
        server = PlainPostgres(folder / "server")
        yield server
        server.stop()


@pytest.fixture(scope="module")
def versitygw():
    with folder_for_servers() as folder:
        server = PlainVersitygw(os.environ["VERSITYGW"], folder)
        yield server
        server.stop()


@pytest.fixture
def table(postgres):
    name = f"t_{next(numbers)}"
    with connect(postgres.port) as c:
        c.execute(f"CREATE TABLE {name} (a int)")
    return name


def connect(port: int, **options) -> psycopg.Connection:
    return psycopg.connect(host="127.0.0.1", port=port, user="awsuser", dbname="postgres", password="x",
                           cursor_factory=psycopg.ClientCursor, connect_timeout=10, **options)


def rows(postgres, table: str) -> list[int]:
    with connect(postgres.port) as c:
        return [r[0] for r in c.execute(f"SELECT a FROM {table} ORDER BY a")]


def insert_in_a_block(port: int, table: str) -> None:
    with connect(port) as c:
        c.execute(f"INSERT INTO {table} VALUES (1)")


def s3_client(versitygw, endpoint_url: str):
    return boto3.client("s3", endpoint_url=endpoint_url, region_name="us-east-1",
                        aws_access_key_id=versitygw.access_key_id,
                        aws_secret_access_key=versitygw.secret_access_key,
                        config=botocore.config.Config(retries={"total_max_attempts": 1}, read_timeout=10))


@pytest.fixture
def bucket(versitygw):
    name = f"bucket-{next(numbers)}"
    s3_client(versitygw, versitygw.endpoint_url).create_bucket(Bucket=name)
    return name


def fault(channel: Channel, phase: Phase, action, **where) -> FaultPlan:
    return FaultPlan([Fault(channel, phase, action, **where)])


def test_an_empty_plan_changes_nothing_and_enumerates_sql_messages(postgres, table):
    with SqlProxy(postgres.port, plan := FaultPlan()) as proxy:
        insert_in_a_block(proxy.port, table)
    assert rows(postgres, table) == [1]
    assert [m.text for m in plan.seen if m.text not in ("PASSWORD", "TERMINATE")] == [
        "STARTUP", "BEGIN", f"INSERT INTO {table} VALUES (1)", "COMMIT"]
    assert [m.ordinal for m in plan.seen] == list(range(1, len(plan.seen) + 1))


def test_an_empty_plan_passes_prepared_statements_and_copy_data(postgres, table):
    with SqlProxy(postgres.port, FaultPlan()) as proxy, psycopg.connect(
            host="127.0.0.1", port=proxy.port, user="awsuser", dbname="postgres") as c:
        with c.cursor().copy(f"COPY {table} FROM STDIN") as copy:
            copy.write("7\n" * 10000)
        assert c.execute(f"SELECT count(*) FROM {table} WHERE a = %s", [7], prepare=True).fetchone() == (10000,)


@pytest.mark.parametrize("phase, kept", [(Phase.BEFORE, []), (Phase.AFTER, [1])])
def test_a_commit_that_is_lost_and_one_whose_answer_is_lost_look_the_same_to_the_client(postgres, table, phase, kept):
    plan = fault(Channel.SQL, phase, actions.hang_up, match="^COMMIT$")
    with SqlProxy(postgres.port, plan) as proxy, pytest.raises(psycopg.OperationalError, match="closed"):
        insert_in_a_block(proxy.port, table)
    assert rows(postgres, table) == kept
    assert len(plan.struck) == 1


def test_an_injected_error_aborts_the_block_on_the_server(postgres, table):
    plan = fault(Channel.SQL, Phase.BEFORE, actions.sql_error("XX000", "1023", "Serializable isolation violation"),
                 match="^INSERT")
    with SqlProxy(postgres.port, plan) as proxy, connect(proxy.port) as c:
        with pytest.raises(psycopg.errors.InternalError_, match="1023") as e:
            c.execute(f"INSERT INTO {table} VALUES (1)")
        assert e.value.diag.message_detail == "Serializable isolation violation"
        with pytest.raises(psycopg.errors.InFailedSqlTransaction):
            c.execute("SELECT 1")
    assert rows(postgres, table) == []


def test_a_commit_after_an_unseen_failure_answers_rollback_without_an_error(postgres, table):
    plan = fault(Channel.SQL, Phase.BEFORE, actions.abort_transaction, match="^COMMIT$")
    with SqlProxy(postgres.port, plan) as proxy, connect(proxy.port, autocommit=True) as c:
        c.execute("BEGIN")
        c.execute(f"INSERT INTO {table} VALUES (1)")
        assert c.execute("COMMIT").statusmessage == "ROLLBACK"
    assert rows(postgres, table) == []


def test_a_connection_is_reset(postgres):
    with SqlProxy(postgres.port, fault(Channel.SQL, Phase.BEFORE, actions.reset, match="SELECT")) as proxy:
        with connect(proxy.port, autocommit=True) as c, pytest.raises(psycopg.OperationalError, match="reset|closed"):
            c.execute("SELECT 1")


def test_something_else_can_happen_at_a_statement(postgres, table):
    plan = fault(Channel.SQL, Phase.AFTER, actions.meanwhile(lambda: insert_in_a_block(postgres.port, table)),
                 match="^BEGIN$")
    with SqlProxy(postgres.port, plan) as proxy, connect(proxy.port) as c:
        assert c.execute(f"SELECT a FROM {table}").fetchall() == [(1,)]


@pytest.mark.parametrize("phase, kept", [(Phase.BEFORE, []), (Phase.AFTER, [1])])
def test_the_client_is_killed_and_gone_before_anything_else_happens(postgres, table, phase, kept):
    victim = actions.Victim()
    with SqlProxy(postgres.port, fault(Channel.SQL, phase, actions.kill(victim), match="^INSERT")) as proxy:
        psql = subprocess.Popen(tied(["psql", "-X", "-c", f"INSERT INTO {table} VALUES (1)",
                                      f"postgresql://awsuser@127.0.0.1:{proxy.port}/postgres"]))
        victim.is_(psql)
        assert psql.wait(20) == -9
    assert rows(postgres, table) == kept


def test_a_cancel_request_reaches_the_server(postgres):
    with SqlProxy(postgres.port, plan := FaultPlan()) as proxy:
        psql = subprocess.Popen(tied(["psql", "-X", "-c", "SELECT pg_sleep(60)",
                                      f"postgresql://awsuser@127.0.0.1:{proxy.port}/postgres"]),
                                stderr=subprocess.PIPE, text=True)
        while not any("pg_sleep" in m.text for m in list(plan.seen)):
            time.sleep(0.01)
        psql.send_signal(2)
        assert "canceling statement due to user request" in psql.communicate(timeout=20)[1]
    assert "CANCEL" in [m.text for m in plan.seen]


def test_an_empty_plan_changes_no_object_and_enumerates_requests(versitygw, bucket):
    with S3Proxy(versitygw.port, plan := FaultPlan()) as proxy:
        s3 = s3_client(versitygw, proxy.endpoint_url)
        body = os.urandom(300_000)
        s3.put_object(Bucket=bucket, Key="a/ü +%", Body=body)
        assert s3.get_object(Bucket=bucket, Key="a/ü +%")["Body"].read() == body
        assert s3.head_object(Bucket=bucket, Key="a/ü +%")["ContentLength"] == len(body)
        assert [o["Key"] for o in s3.list_objects_v2(Bucket=bucket)["Contents"]] == ["a/ü +%"]
        s3.delete_object(Bucket=bucket, Key="a/ü +%")
    assert [m.text.split(" ")[0] for m in plan.seen] == ["PUT", "GET", "HEAD", "GET", "DELETE"]


@pytest.mark.parametrize("phase, kept", [(Phase.BEFORE, False), (Phase.AFTER, True)])
def test_a_put_that_answers_500_may_have_been_done(versitygw, bucket, phase, kept):
    plan = fault(Channel.S3, phase, actions.s3_status(500, "InternalError"), ordinal=1)
    with S3Proxy(versitygw.port, plan) as proxy:
        with pytest.raises(botocore.exceptions.ClientError, match="InternalError"):
            s3_client(versitygw, proxy.endpoint_url).put_object(Bucket=bucket, Key="k", Body=b"x")
    assert ("Contents" in s3_client(versitygw, versitygw.endpoint_url).list_objects_v2(Bucket=bucket)) == kept


def test_an_error_can_come_in_a_200(versitygw, bucket):
    plan = fault(Channel.S3, Phase.BEFORE, actions.s3_error_in_200(), match="^PUT")
    s3_client(versitygw, versitygw.endpoint_url).put_object(Bucket=bucket, Key="k", Body=b"x")
    with S3Proxy(versitygw.port, plan) as proxy, pytest.raises(botocore.exceptions.ClientError, match="InternalError"):
        s3_client(versitygw, proxy.endpoint_url).copy_object(Bucket=bucket, Key="l", CopySource=f"{bucket}/k")


def test_a_body_is_cut_in_its_middle(versitygw, bucket):
    s3_client(versitygw, versitygw.endpoint_url).put_object(Bucket=bucket, Key="k", Body=b"x" * 100_000)
    plan = fault(Channel.S3, Phase.MID_BODY, actions.hang_up, match="^GET")
    with S3Proxy(versitygw.port, plan) as proxy:
        body = s3_client(versitygw, proxy.endpoint_url).get_object(Bucket=bucket, Key="k")["Body"]
        with pytest.raises(botocore.exceptions.HTTPClientError):
            body.read()


def test_a_fault_strikes_as_often_as_it_says(versitygw, bucket):
    plan = fault(Channel.S3, Phase.BEFORE, actions.s3_status(503, "SlowDown"), match="^PUT", times=2)
    with S3Proxy(versitygw.port, plan) as proxy:
        s3 = s3_client(versitygw, proxy.endpoint_url)
        for _ in range(2):
            with pytest.raises(botocore.exceptions.ClientError, match="SlowDown"):
                s3.put_object(Bucket=bucket, Key="k", Body=b"x")
        s3.put_object(Bucket=bucket, Key="k", Body=b"x")


def test_a_child_ends_with_whoever_started_it():
    starter = subprocess.Popen(
        ["python3", "-c", "import subprocess, time; p = subprocess.Popen(['setpriv', '--pdeathsig', 'KILL', '--', "
         "'sleep', '600']); print(p.pid, flush=True); time.sleep(600)"], stdout=subprocess.PIPE, text=True)
    child = int(starter.stdout.readline())
    time.sleep(0.2)  # until setpriv is sleep
    starter.kill()
    starter.wait()
    deadline = time.monotonic() + 10
    while not is_gone(child) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert is_gone(child)
