"""What the package `penstock` says of itself: its signatures, types and docstrings, and each example in them, run."""

import ast
import doctest
import inspect
import os
import re
import subprocess
import sys
import textwrap
from pathlib import Path

import penstock
import psycopg
import pytest
from harness.bucket import Bucket
from harness.upsert_table import CANDIES
from penstock import _core

ROOT = Path(__file__).parent.parent
PAGES = '{"id": 1, "seen": "2024-01-01 00:00:00"}\n{"id": 2, "seen": "2024-01-01 00:00:00"}\n'
CONFIG = """
pages:
  dest: pages
  columns: [{dest: id, type: bigint}, {dest: seen, type: timestamp}]
  meta: {datadatecolumn: seen, schema: web}
"""


def public() -> dict[str, object]:
    return {name: getattr(penstock, name) for name in penstock.__all__}


def examples() -> dict[str, list[doctest.Example]]:
    """Of every docstring, in the order in which they run: one database and one folder are all that they have."""
    found = {}
    parser = doctest.DocTestParser()
    for name, thing in {"penstock": penstock, **public()}.items():
        texts = {name: thing.__doc__ or ""}
        if inspect.isclass(thing):
            texts |= {f"{name}.{member}": inspect.getdoc(value) or "" for member, value in vars(thing).items()
                      if not member.startswith("_") and callable(value)}
        found |= {of: parser.get_examples(text) for of, text in texts.items() if parser.get_examples(text)}
    return found


@pytest.fixture
def house(tmp_path, monkeypatch, local_redshift, s3, witness):
    """What the examples speak of: a schema, a table, files, buckets; the environment of who runs them."""
    for name, value in local_redshift.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("PENSTOCK_S3_BASE_PATH", "s3://staging/penstock/")
    monkeypatch.chdir(tmp_path)
    buckets = {name: Bucket(s3, name) for name in ("bucket", "archive", "staging")}
    buckets["bucket"].put("web_pages_2024-01-01T00:00:00Z.json", PAGES)
    buckets["bucket"].put("config_web_pages_2024-01-01T00:00:00Z.yml", CONFIG)
    buckets["bucket"].put("candies/2024.csv", CANDIES)
    for schema in ("foods", "web"):
        witness.execute(psycopg.sql.SQL("CREATE SCHEMA {}").format(psycopg.sql.Identifier(schema)))
    yield lambda: fresh(witness, tmp_path)
    for schema in ("foods", "web"):
        witness.execute(psycopg.sql.SQL("DROP SCHEMA {} CASCADE").format(psycopg.sql.Identifier(schema)))
    for name, bucket in buckets.items():
        for key in bucket.objects():
            bucket.delete(key)
        s3.delete_bucket(Bucket=name)


def fresh(witness, folder: Path) -> None:
    """As every docstring finds it."""
    witness.execute("DROP TABLE IF EXISTS foods.candies")
    witness.execute("CREATE TABLE foods.candies (id int, candy varchar(100))")
    for path in folder.iterdir():
        path.unlink()
    (folder / "candies.csv").write_text(CANDIES)
    (folder / "old.csv").write_text(CANDIES)


def credentials(local_redshift) -> dict[str, dict[str, str]]:
    """What the classes of databases take: of the local Redshift, and of the PostgreSQL behind it."""
    env = local_redshift.environment
    behind = local_redshift.private_postgres()
    found = {"database_name": env["REDSHIFT_DB"], "username": env["REDSHIFT_USER"], "password": env["REDSHIFT_PASSWORD"],
             "host": env["REDSHIFT_HOST"], "port": env["REDSHIFT_PORT"]}
    postgres = {"database_name": behind["dbname"], "username": behind["user"], "password": "any", "host": behind["host"],
                "port": behind["port"]}
    return {"credentials": found, "postgres_credentials": postgres}


def test_every_example_of_a_docstring_says_what_comes_of_it(house, local_redshift):
    failed = []
    for name, lines in examples().items():
        house()
        said = []
        runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
        runner.run(doctest.DocTest(lines, {"penstock": penstock, **credentials(local_redshift)}, name, None, 0, None), out=said.append)
        if runner.failures:
            failed.append("".join(said))
    assert not failed, "\n".join(failed)


@pytest.mark.parametrize("document", ["README.md", "docs/python.md"])
def test_the_programs_of_the_documents_run(house, document, capsys):
    blocks = re.findall(r"^```python\n(.*?)^```$", (ROOT / document).read_text(), re.MULTILINE | re.DOTALL)
    assert blocks
    for block in blocks:
        house()
        exec(compile(block, document, "exec"), {"__name__": "__main__"})  # as a reader runs it
    assert "2 0" in capsys.readouterr().out


def test_every_function_has_an_example_and_says_what_it_takes_and_raises():
    functions = {name: thing for name, thing in public().items() if inspect.isfunction(thing)}
    assert "upsert" in functions
    for name, function in functions.items():
        doc = inspect.getdoc(function) or ""
        assert ">>> " in doc, f"{name} has no example"
        if "Takes what " in doc:
            continue
        for parameter in inspect.signature(function).parameters:
            assert f"{parameter}: " in doc, f"{name} does not say what {parameter} is"


def test_every_result_has_a_docstring_for_each_of_its_fields():
    for name, thing in public().items():
        for field in getattr(thing, "_fields", ()):
            assert inspect.getdoc(getattr(thing, field)), f"{name}.{field}"


# What is bound of each header, with the arguments that have no default, or that the function does not have.
BOUND = {
    penstock.load: (_core.load_defaults, {"schema", "tables", "bucket"}),
    penstock.upsert: (_core.upsert_defaults, {"sources", "into"}),
    penstock.move: (_core.move_defaults, {"source", "destination"}),
    penstock.plan_move: (_core.move_defaults, {"source", "destination", "stream_name"}),
    penstock.scan: (_core.scan_defaults, {"source"}),
    penstock.stage: (_core.stage_defaults, set()),
    penstock.commit: (_core.commit_defaults, {"into"}),
    penstock.discover: (_core.discover_defaults, {"source"}),
    penstock.drop: (_core.drop_defaults, {"targets"}),
    penstock.history: (_core.history_defaults, set()),
    penstock.reconcile: (_core.reconcile_defaults, {"source"}),
    penstock.copy_committed: (_core.copy_committed_defaults, {"target"}),
    penstock.delete_committed: (_core.delete_committed_defaults, set()),
    penstock.sweep: (_core.sweep_defaults, set()),
    penstock.unload: (_core.unload_defaults, set()),
}


@pytest.mark.parametrize("function", BOUND, ids=lambda function: function.__name__)
def test_the_keywords_are_the_options_of_the_library_with_its_defaults(function):
    defaults, required = BOUND[function]
    parameters = inspect.signature(function).parameters
    for name, default in defaults().items():
        if name in required:
            continue
        assert name in parameters, f"{function.__name__} has no {name}"
        given = parameters[name].default
        assert given == getattr(default, "name", default) or (given in ((), "") and not default), name


def test_strict_types_hold_in_the_package_and_in_every_example(tmp_path):
    lines = ["import penstock", "", "credentials: dict[str, str] = {}", "postgres_credentials = credentials", ""]
    for number, (name, of) in enumerate(examples().items()):
        body = "".join(example.source for example in of)
        ast.parse(body)
        lines += [f"def example_{number}() -> None:  # {name}", textwrap.indent(body, "    ")]
    (tmp_path / "examples.py").write_text("\n".join(lines))
    (tmp_path / "frames.py").write_text(textwrap.dedent("""
        import datetime

        import penstock

        outcome: penstock.UpsertOutcome = penstock.upsert(
            ["a.csv"], "s.t", key=["id"], mode=penstock.WriteMode.upsert, lock_timeout=datetime.timedelta(minutes=1),
            on_progress=lambda now: print(now.records))
        inserted: int = outcome.inserted
        for finding in penstock.reconcile("s3://bucket/folder", from_=datetime.date(2024, 1, 1)):
            key: str = finding.key
        try:
            tables: list[penstock.TableOutcome] = penstock.load("web", ["pages"], "bucket").tables
        except penstock.Error as error:
            kind: penstock.ErrorKind = error.kind
    """))
    environment = {**os.environ, "MYPYPATH": os.environ["PYTHONPATH"].split(os.pathsep)[0]}
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file", str(ROOT / "pyproject.toml"), "--cache-dir",
               str(tmp_path / "cache")]
    for what in (["-p", "penstock"], [str(tmp_path / "examples.py")], [str(tmp_path / "frames.py")]):
        run = subprocess.run([*command, *what], env=environment, capture_output=True, text=True, check=False)
        assert run.returncode == 0, run.stdout + run.stderr
    wrong = tmp_path / "wrong.py"
    wrong.write_text("import penstock\n\npenstock.upsert('a.csv', 7, kee='id')\nx: str = penstock.upsert('a', 'b').read\n")
    run = subprocess.run([*command, str(wrong)], env=environment, capture_output=True, text=True, check=False)
    assert run.returncode == 1 and run.stdout.count("error:") == 3, run.stdout
