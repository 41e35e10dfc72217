"""What the package `penstock` is within a process: signals, threads, forks, the end of it, and what else is loaded there."""

import fcntl
import os
import signal
import struct
import sys
import termios
import textwrap
import venv
from pathlib import Path

import pytest
from harness import actions
from harness.fault_plan import Channel, Fault, Phase
from harness.program import Program, Run
from harness.through import Through

PACKAGE = os.environ["PYTHONPATH"].split(os.pathsep)[0]


@pytest.fixture
def python(table, local_redshift) -> Program:
    """Python, with the package, and the local Redshift in its environment; PENSTOCK_INTO is the test's table."""
    environment = {**local_redshift.environment, **table.environment, "PYTHONPATH": PACKAGE,
                   "PENSTOCK_INTO": f"{table.place.schema}.{table.name}"}
    return Program(Path(sys.executable), environment, local_redshift.secrets)


def script(text: str) -> list[str]:
    return ["-c", "import os, sys, penstock\ninto = os.environ['PENSTOCK_INTO']\n" + textwrap.dedent(text)]


def ran(run: Run) -> str:
    assert run.code == 0, str(run)
    return run.out.strip()


UPSERT = """
    try:
        penstock.upsert(sys.argv[1], into, key="id")
    except KeyboardInterrupt as interrupt:
        print("interrupted:", *interrupt.__notes__)
"""


@pytest.mark.parametrize("where", [(Channel.SQL, "^COPY"), (Channel.S3, "^PUT")], ids=["COPY", "PUT"])
def test_ctrl_c_ends_a_call_and_nothing_has_changed(table, python, local_redshift, where):
    table.create("id int, candy varchar(100)")
    source = table.file("id,candy\n1,a\n")
    channel, match = where
    with Through(local_redshift) as through:

        async def interrupt_then_wait(exchange) -> None:
            await through.victim.signal(signal.SIGINT)
            await actions.stall(1)(exchange)

        through.plan.faults.append(Fault(channel, Phase.BEFORE, interrupt_then_wait, match=match))
        run = through.run(python, *script(UPSERT), source)
    assert through.plan.struck, "the run never came there"
    said = ran(run)
    assert said.startswith("interrupted:") and "nothing was changed" in said, str(run)
    assert table.rows() == [] and table.staged() == []


def test_ctrl_c_in_a_wait_for_a_lock(table, python, local_redshift):
    table.create("id int, candy varchar(100)")
    source = table.file("id,candy\n1,a\n")
    ran(python.run(*script(UPSERT), source))
    with Through(local_redshift) as through:
        with table.place.connection.transaction():
            for name in table.place.lock_tables():
                table.place.connection.execute(f"LOCK penstock.{name}")
            running = through.start(python, *script(UPSERT), source)
            through.wait_for_message("^LOCK")
            running.process.send_signal(signal.SIGINT)
            run = running.wait(timeout=30)
    assert "nothing was changed" in ran(run)


def test_ctrl_c_in_a_generator_of_batches(table, python):
    table.create("id int, candy varchar(100)")
    said = ran(python.run(*script("""
        import signal
        import pyarrow as pa

        def batches():
            yield pa.table({"id": [1], "candy": ["a"]})
            signal.raise_signal(signal.SIGINT)
            yield pa.table({"id": [2], "candy": ["b"]})

        try:
            penstock.upsert(batches(), into, key="id")
        except KeyboardInterrupt as interrupt:
            print("interrupted:", *interrupt.__notes__)
    """)))
    assert said.startswith("interrupted:") and "nothing was changed" in said
    assert table.rows() == []


def test_a_handler_that_goes_on_lets_the_call_go_on(table, python):
    table.create("id int, candy varchar(100)")
    said = ran(python.run(*script("""
        import signal
        import pyarrow as pa
        heard = []
        signal.signal(signal.SIGINT, lambda *_: heard.append(1))

        def batches():
            yield pa.table({"id": [1], "candy": ["a"]})
            signal.raise_signal(signal.SIGINT)
            yield pa.table({"id": [2], "candy": ["b"]})

        print(penstock.upsert(batches(), into, key="id").inserted, len(heard))
    """)))
    assert said == "2 1"


def test_the_end_of_the_interpreter_stops_what_daemon_threads_still_do(table, python, local_redshift):
    table.create("id int, candy varchar(100)")
    source = table.file("id,candy\n1,a\n")
    ran(python.run(*script(UPSERT), source))
    with Through(local_redshift) as through:
        with table.place.connection.transaction():
            for name in table.place.lock_tables():
                table.place.connection.execute(f"LOCK penstock.{name}")
            running = through.start(python, *script("""
                import logging, pathlib, threading, time
                logging.basicConfig(level=logging.DEBUG)
                threading.Thread(target=penstock.upsert, args=(sys.argv[1], into), kwargs={"key": "id"}, daemon=True).start()
                while not pathlib.Path(sys.argv[2]).exists(): time.sleep(0.01)
                print("the end")
            """), source, str(table.tmp / "waits"))
            through.wait_for_message("^LOCK")
            (table.tmp / "waits").touch()
            run = running.wait(timeout=30)
    assert ran(run) == "the end"


def test_calls_of_several_threads_run_side_by_side(table, python):
    table.create("id int, candy varchar(100)")
    said = ran(python.run(*script("""
        import concurrent.futures
        import pyarrow as pa

        def write(number):
            rows = pa.table({"id": range(number * 100, number * 100 + 100), "candy": ["a"] * 100})
            return penstock.upsert(rows, into, key="id").inserted

        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            print(sum(pool.map(write, range(4))))
    """), timeout=120))
    assert said == "400" and table.place.query(f"SELECT count(*) FROM {table.place.schema}.{table.name}") == [(400,)]


def test_a_forked_child_calls_anew(table, python):
    table.create("id int, candy varchar(100)")
    said = ran(python.run(*script("""
        import pyarrow as pa

        def write(id):
            return penstock.upsert(pa.table({"id": [id], "candy": ["a"]}), into, key="id").inserted

        write(1)
        for id in (2, 3):
            if os.fork() == 0:
                os._exit(0 if write(id) == 1 else 1)
        codes = [os.waitstatus_to_exitcode(os.wait()[1]) for _ in range(2)]
        print(codes, write(4))
    """), timeout=120))
    assert said == "[0, 0] 1" and sorted(table.rows("id")) == [("1",), ("2",), ("3",), ("4",)]


# What else a process has, before penstock and after it: each has an OpenSSL, or an Arrow, of its own.
OTHERS = ["pyarrow.parquet", "pyarrow.dataset", "psycopg2", "psycopg", "ssl", "pandas", "polars", "duckdb", "boto3"]


@pytest.mark.parametrize("first", [OTHERS, [], OTHERS[::-1]], ids=["others first", "penstock first", "others reversed"])
def test_tls_and_parquet_whatever_else_is_loaded(table, python, first):
    table.create("id int, candy varchar(100)")
    body = f"""
        import importlib, io
        for name in {first!r}: importlib.import_module(name)
        import pyarrow as pa
        assert penstock.upsert(pa.table({{"id": [1, 2], "candy": ["a", "b"]}}), into, key="id").inserted == 2
        for name in {OTHERS!r}: importlib.import_module(name)
        import psycopg2, ssl, boto3, polars, pyarrow.parquet
        with psycopg2.connect(host=os.environ["REDSHIFT_HOST"], port=os.environ["REDSHIFT_PORT"], dbname="dev",
                              user=os.environ["REDSHIFT_USER"], password=os.environ["REDSHIFT_PASSWORD"],
                              sslmode="require") as connection:
            cursor = connection.cursor()
            cursor.execute("SELECT count(*) FROM " + into)
            assert cursor.fetchone() == (2,) and connection.info.ssl_in_use
        assert ssl.create_default_context().cert_store_stats()
        uri = f"s3://{{os.environ['PENSTOCK_TEST_BUCKET']}}/a.parquet"
        assert penstock.unload("SELECT * FROM " + into, uri, format="parquet", parallel=False).rows == 2
        client = boto3.client("s3", endpoint_url=os.environ["AWS_ENDPOINT_URL_S3"])
        key = client.list_objects_v2(Bucket=os.environ["PENSTOCK_TEST_BUCKET"], Prefix="a.parquet")["Contents"][0]["Key"]
        written = client.get_object(Bucket=os.environ["PENSTOCK_TEST_BUCKET"], Key=key)["Body"].read()
        assert pyarrow.parquet.read_table(io.BytesIO(written)).num_rows == 2
        assert penstock.upsert(polars.read_parquet(io.BytesIO(written)), into, key="id").updated == 2
        print(penstock.move(f"s3://{{os.environ['PENSTOCK_TEST_BUCKET']}}/{{key}}", "-" if False else sys.argv[1]).rows)
    """
    run = python.run(*script(body), str(table.tmp / "out.csv"),
                     env={"PGSSLMODE": "require", "PENSTOCK_TEST_BUCKET": table.place.bucket.name})
    assert ran(run) == "2"


def test_the_import_of_penstock_imports_nothing_heavy(python):
    heavy = ["pyarrow", "pandas", "numpy", "polars", "tqdm", "asyncio"]
    said = ran(python.run(*script(f"""
        penstock.upsert, penstock.Connection, penstock.discover
        print([name for name in {heavy!r} if name in sys.modules])
    """)))
    assert said == "[]"


def test_without_pyarrow_it_is_said_what_is_missing(tmp_path):
    """An environment that has nothing but Python."""
    venv.create(tmp_path / "bare", with_pip=False, symlinks=True)
    bare = Program(tmp_path / "bare/bin/python", {"PYTHONPATH": PACKAGE})
    run = bare.run("-c", "import penstock; penstock.upsert")
    assert run.code == 1 and "ImportError: penstock needs pyarrow 26.0, whose libraries it shares, and there is none" in run.err
    (tmp_path / "other/pyarrow").mkdir(parents=True)
    (tmp_path / "other/pyarrow/__init__.py").touch()
    run = bare.run("-c", "import penstock; penstock.upsert", env={"PYTHONPATH": f"{PACKAGE}:{tmp_path / 'other'}"})
    assert run.code == 1 and "libarrow.so.2600" in run.err and "pip install 'pyarrow~=26.0.0'" in run.err


def test_a_bar_is_drawn_on_a_terminal_only(table, python):
    table.create("id int, candy varchar(100)")
    run = python.run(*script("penstock.upsert(sys.argv[1], into, key='id', on_progress='bar')"), table.file("id,candy\n1,a\n"))
    assert ran(run) == "" and run.err == ""
    reader, writer = os.openpty()
    fcntl.ioctl(writer, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    command = [sys.executable, *script("penstock.upsert(sys.argv[1], into, key='id', on_progress='bar')"), table.file("id,candy\n2,a\n")]
    pid = os.fork()
    if pid == 0:
        os.dup2(writer, 2)
        os.execve(sys.executable, command, python.environment)
    os.close(writer)
    drawn = b""
    try:
        while chunk := os.read(reader, 4096):
            drawn += chunk
    except OSError:  # the terminal's other end is closed
        pass
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0, drawn
    assert b"upsert" in drawn and b"B/s" in drawn
