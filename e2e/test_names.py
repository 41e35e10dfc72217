"""Names from outside: of keys, schemas, tables, columns, values. Handled or refused; never syntax.

A witness table stands beside each test: whatever a name says, it is untouched afterwards, and no schema or table has
appeared that nobody asked for.
"""

import json

import pytest
from harness.place import events, json_lines
HOSTILE = [
    "it's", 'do"uble', "back\\slash", "back\\'; DROP TABLE {schema}.witness; --", "a b", "percent%s%20%n",
    "ünïcödé", "日本", "new\nline", "tab\tbed", "semi;colon", "$1", "$$", "-- comment", "/* comment */",
    "'; DROP TABLE {schema}.witness; --", '"; DROP TABLE {schema}.witness; --', "UPPER", "x" * 128, ".", "..", "*",
    "a/b", "select", "{{}}", "\\", "'",
]


@pytest.fixture
def guarded(place):
    place.connection.execute(f"CREATE TABLE {place.schema}.witness (a int)")
    place.connection.execute(f"INSERT INTO {place.schema}.witness VALUES (42)")
    before = schemas(place)
    yield place
    assert place.rows("witness") == [("42",)]
    assert {s for s in schemas(place) - before if s != "penstock"} == set()


def schemas(place) -> set[str]:
    return {r[0] for r in place.query("SELECT schema_name FROM information_schema.schemata")}


def only_clear_outcomes(run) -> None:
    assert run.code in (0, 1, 2), str(run)
    assert "internal" not in run.said.lower(), str(run)
    assert "syntax error" not in run.said.lower(), str(run)


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_a_column_name_is_quoted_or_refused(guarded, name):
    name = name.replace("{schema}", guarded.schema).replace("{{}}", "{}")
    config = f"""
events:
  dest: events
  columns:
    - {{dest: id, type: bigint}}
    - {{dest: seen, type: timestamp}}
    - {{dest: {json.dumps(name, ensure_ascii=False)}, type: text}}
  meta: {{datadatecolumn: seen, schema: {guarded.schema}}}
"""
    guarded.bucket.put("c.yml", config)
    guarded.bucket.put(guarded.key("2024-01-01"), json_lines([{"id": 1, "seen": "2024-01-01", name.lower(): "v"}]))
    run = guarded.load("--config", guarded.bucket.uri("c.yml"), code=None)
    only_clear_outcomes(run)
    if run.code == 0:
        assert guarded.columns()[2] == name.lower(), "a quoted name is folded, as Redshift does"
        assert guarded.rows() == [("1", "2024-01-01 00:00:00", "v")]
    else:
        assert guarded.tables() == ["witness"]


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_a_table_name_is_quoted_or_refused(guarded, name):
    name = name.replace("{schema}", guarded.schema).replace("{{}}", "{}")
    quoted = json.dumps(name, ensure_ascii=False)
    guarded.bucket.put("c.yml", f"""
t:
  dest: {quoted}
  columns: [{{dest: id, type: bigint}}, {{dest: seen, type: timestamp}}]
  meta: {{datadatecolumn: seen, schema: {guarded.schema}}}
""")
    try:
        guarded.bucket.put(f"{guarded.schema}_{name}_2024-01-01T00:00:00Z.json",
                           json_lines([{"id": 1, "seen": "2024-01-01"}]))
    except guarded.bucket.client.exceptions.ClientError:
        pass  # the server doesn't hold such a key; the name comes from the command line all the same
    run = guarded.load("--config", guarded.bucket.uri("c.yml"), tables=name, code=None)
    only_clear_outcomes(run)
    if run.code == 0 and any(r["status"] == "loaded" for r in run.records):
        assert guarded.tables() == sorted([name.lower(), "witness"])
    else:
        assert guarded.tables() == ["witness"]


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_a_schema_name_is_quoted_or_refused(guarded, name):
    name = name.replace("{schema}", guarded.schema).replace("{{}}", "{}")
    run = guarded.program.run("load", "--schema", name, "--tables", "events", "--bucket", guarded.bucket.name, "--json")
    only_clear_outcomes(run)
    assert run.code != 0, "there are no data of that schema"


@pytest.mark.parametrize("prefix", [
    "it's/", 'do"uble/', "back\\slash/", "a b/", "percent%20+%s/", "ünïcödé-日本/", "a&b=c;d/",
    "x'); DROP TABLE witness; --/", "#frag?query/", "{braces}/", "tilde~(paren)!/",
])
def test_a_key_is_loaded_whatever_it_is_called(guarded, prefix):
    key = prefix + guarded.key("2024-01-01")
    guarded.bucket.put(key, json_lines(events("2024-01-01")))
    guarded.bucket.put("c.yml", guarded.config())
    run = guarded.load("--prefix", prefix, "--config", guarded.bucket.uri("c.yml"))
    assert run.records[0]["objects"] == [guarded.bucket.uri(key)]
    assert guarded.ids() == [1, 2, 3]
    assert [row[0] for row in guarded.ledger()] == [key]
    assert guarded.load("--prefix", prefix, "--config", guarded.bucket.uri("c.yml")).records[0]["status"] == "skipped"


@pytest.mark.parametrize("value", HOSTILE[:20], ids=range(20))
def test_a_default_value_is_a_value(guarded, value):
    value = value.replace("{schema}", guarded.schema)
    guarded.bucket.put("c.yml", f"""
t:
  dest: events
  columns:
    - {{dest: id, type: bigint}}
    - {{dest: seen, type: timestamp}}
    - {{dest: note, type: text, defaultval: {json.dumps(value, ensure_ascii=False)}}}
  meta: {{datadatecolumn: seen, schema: {guarded.schema}}}
""")
    guarded.bucket.put(guarded.key("2024-01-01"), json_lines([{"id": 1, "seen": "2024-01-01"}]))
    run = guarded.load("--config", guarded.bucket.uri("c.yml"), code=None)
    only_clear_outcomes(run)
    if run.code == 0:
        guarded.connection.execute(f"INSERT INTO {guarded.schema}.events (id) VALUES (2)")
        assert guarded.query(f"SELECT note FROM {guarded.schema}.events WHERE id = 2") == [(value,)]
        again = guarded.load("--config", guarded.bucket.uri("c.yml"))
        assert again.records[0]["status"] == "skipped", "the default that was made is the one that was asked for"


def test_a_file_name_from_nowhere_can_not_forge_a_line_of_the_log(guarded):
    guarded.bucket.put(guarded.key("2024-01-01") , json_lines(events("2024-01-01")))
    guarded.bucket.put("c.yml", guarded.config())
    guarded.bucket.put(f"{guarded.schema}_events_2024-99-99\x1b[31mT00:00:00Z.json", b"")
    run = guarded.load("--config", guarded.bucket.uri("c.yml"))
    assert "\x1b" not in run.said
