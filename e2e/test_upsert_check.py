"""penstock upsert --check and --rejects: bad records all at once, and COPY as the judge of what is bad."""

import json
from dataclasses import dataclass
from pathlib import Path

import pytest
from harness.upsert_table import Table, as_csv, as_json, counts

MIXED = ('id,candy,made\n1,Snickers,2024-02-29\nx,Mars,\n3,"two\nlines, and long",2023-02-29\n,Twix,2024-01-01\n'
         '5,Bounty\n6,"a"b,\n7,Kit Kat,2024-01-01\n')
GOOD = [("1", "Snickers", "2024-02-29"), ("7", "Kit Kat", "2024-01-01")]


def mixed(table: Table) -> str:
    table.create("id int NOT NULL, candy varchar(10), made date")
    return table.file(MIXED)


def places(outcome: dict) -> list[tuple]:
    return [(f["line"], f["column"], f["value"]) for f in outcome["findings"]]


WANTED = [(3, "id", "x"), (4, "candy", "two\nlines, and long"), (5, "made", "2023-02-29"), (6, "id", ""), (7, "", ""),
          (8, "candy", '"a"b')]


def checked(table: Table, *arguments: str) -> dict:
    run = table.place.program.run(*table.arguments(*arguments, "--check"), env=table.environment)
    assert run.code in (0, 6), str(run)
    assert table.place.bucket.objects() == {}
    [outcome] = run.records
    assert (run.code == 6) == (outcome["status"] == "refused") == (outcome["rejected"] > 0), str(run)
    return outcome


def test_a_check_tells_all_that_is_bad_and_writes_nothing(table):
    path = mixed(table)
    outcome = checked(table, path, "--key", "id")
    assert (outcome["read"], outcome["rejected"], outcome["findings_in_all"]) == (7, 5, 6)
    assert places(outcome) == WANTED
    assert {f["source"] for f in outcome["findings"]} == {path}
    assert table.rows() == []
    assert table.place.query("SELECT count(*) FROM penstock.loads WHERE schema_name = %s", table.place.schema) == [(0,)]
    run = table.place.program.run(*[a for a in table.arguments(path, "--key", "id", "--check") if a != "--json"],
                                  env=table.environment)
    assert run.code == 6
    assert "5 of 7 records are bad; nothing was changed" in run.out
    assert f"{path} line 3, column id: no integer: 'x' at place 1 is no digit; value 'x'" in run.out
    assert f"{path} line 7: 2 fields, where 3 are expected" in run.out
    assert "two\\nlines" in run.out, "one line for each"


def test_a_check_that_finds_nothing_lets_it_be_written(table):
    table.create("id int NOT NULL, candy varchar(10), made date")
    path = table.file("id,candy,made\n1,Snickers,2024-02-29\n7,Kit Kat,2024-01-01\n")
    plan = checked(table, path, "--key", "id", "--dry-run")
    assert plan["status"] == "planned" and table.rows() == []
    assert counts(checked(table, path, "--key", "id")) == (2, 2, 0, 0)
    assert table.rows() == GOOD
    assert checked(table, mixed_again(table), "--key", "id", "--dry-run")["rejected"] == 5


def mixed_again(table: Table) -> str:
    return table.file(MIXED)


def test_a_check_of_stdin_and_of_what_has_no_end(table):
    table.create("id int, candy varchar(10)")
    run = table.place.program.run(*table.arguments("-", "--key", "id", "--check"), env=table.environment,
                                  stdin='id,candy\n1,a\nx,b\n2,"c\n')
    assert run.code == 6
    assert places(run.records[0]) == [(3, "id", "x"), (4, "", "")]
    assert "has a quote that is never closed" in run.records[0]["findings"][1]["reason"]


def test_more_findings_than_are_told(table):
    table.create("id int")
    path = table.file("id\n" + "x\n" * 12_000)
    outcome = checked(table, path, "--append")
    assert (outcome["findings_in_all"], len(outcome["findings"])) == (12_000, 10_000)
    assert [f["line"] for f in outcome["findings"]] == list(range(2, 10_002))
    run = table.place.program.run(*[a for a in table.arguments(path, "--append", "--check") if a != "--json"],
                                  env=table.environment)
    assert "and 11950 more" in run.out


def test_rejects_are_put_aside_and_load_once_they_are_mended(table):
    path = mixed(table)
    rejects = table.tmp / "bad.csv"
    outcome = table.upsert(path, "--key", "id", "--rejects", str(rejects))
    assert counts(outcome) == (7, 2, 0, 0) and outcome["rejected"] == 5 and outcome["status"] == "written"
    assert places(outcome) == WANTED
    assert table.rows() == GOOD
    lines = MIXED.splitlines(keepends=True)
    assert rejects.read_text() == lines[0] + "".join(lines[2:8])
    reasons = Path(f"{rejects}.reasons").read_text().splitlines()
    assert reasons[0] == "rejects_line,source,line,column,value,reason"
    assert reasons[1] == f"2,{path},3,id,x,no integer: 'x' at place 1 is no digit"
    assert reasons[3].startswith(f"4,{path},5,made,2023-02-29,")

    [found] = table.place.query("SELECT records_read, inserted, rejected FROM penstock.loads WHERE schema_name = %s",
                                table.place.schema)
    assert found == (7, 2, 5)
    run = table.place.program.run("history", "--schema", table.place.schema, "--json")
    assert [(e["read"], e["rejected"]) for e in run.records] == [(7, 5)]
    assert f"upsert of {path} but 5 rejected" in table.place.program.run("history", "--schema", table.place.schema).out

    mended = rejects.read_text().replace("x,Mars,", "2,Mars,").replace(", and long", "").replace("2023-02", "2023-01") \
        .replace(",Twix", "4,Twix").replace("Bounty", "Bounty,").replace('"a"b', "ab")
    rejects.write_text(mended)
    assert counts(table.upsert(str(rejects), "--key", "id")) == (5, 5, 0, 0)
    assert [r[0] for r in table.rows()] == list("1234567")


def test_rejects_have_the_quotes_of_their_source(table):
    table.create('id int NOT NULL, "a b" varchar(10)')
    dialect = ("--key", "id", "--format", "csv", "--delimiter", " ", "--quote", "'")
    rejects = table.tmp / "bad.csv"
    table.upsert(table.file("id 'a b'\n1 'x y'\nz 'it''s'\n"), *dialect, "--rejects", str(rejects))
    assert rejects.read_text() == "id 'a b'\nz 'it''s'\n"
    rejects.write_text(rejects.read_text().replace("z", "2"))
    table.upsert(str(rejects), *dialect)
    assert table.rows() == [("1", "x y"), ("2", "it's")]


def test_rejects_of_json_lines(table):
    table.create("id int NOT NULL, candy varchar(10)")
    good = [{"id": 1, "candy": "a"}, {"candy": "b", "id": "2"}]
    bad = '{"id": "x", "candy": "c"}\n{"ID": 3}\n[4]\n{"id": 5, "candy": "far too long for it"}\n'
    rejects = table.tmp / "bad.jsonl"
    outcome = table.upsert(table.file(as_json(good) + bad, "jsonl"), "--key", "id", "--rejects", str(rejects))
    assert counts(outcome) == (6, 2, 0, 0)
    assert places(outcome) == [(3, "id", "x"), (4, "id", ""), (5, "", "[4]"), (6, "candy", "far too long for it")]
    assert rejects.read_text() == bad
    assert table.rows() == [("1", "a"), ("2", "b")]


def test_rejects_are_written_of_bad_records_alone_and_only_with_the_others(table):
    path = mixed(table)
    rejects = table.tmp / "bad.csv"
    fine = table.file("id,candy,made\n1,a,\n1,b,\n")
    assert table.upsert(fine, "--key", "id", "--rejects", str(rejects), "--duplicates", "last")["rejected"] == 0
    twice = table.file(MIXED + "7,again,\n")
    assert "several records of one key" in table.upsert(twice, "--key", "id", "--rejects", str(rejects), code=1)["said"]
    assert list(table.tmp.glob("bad*")) == [], "the upsert failed, or there was nothing to put aside"
    rejects.write_text("mine")
    said = table.upsert(path, "--key", "id", "--rejects", str(rejects), code=1)["said"]
    assert "bad.csv is there already" in said
    assert rejects.read_text() == "mine" and list(table.tmp.glob("bad*")) == [rejects]


@pytest.mark.parametrize("suffix", ["csv", "jsonl"])
def test_what_copy_refuses_is_told_by_the_sources_own_lines(table, suffix):
    table.create("id int, candy varchar(10)")
    bad = {2000: "x", 3000: "99999999999"}
    records = [{"id": bad.get(i, i), "candy": "two\nlines"} for i in range(4000)]
    path = table.file(as_csv(records) if suffix == "csv" else as_json(records), suffix)
    lines = (4002, 6002) if suffix == "csv" else (2001, 3001)
    said = table.upsert(path, "--key", "id", code=1)["said"]
    assert f"{path} line {lines[0]}, column id: no integer: 'x' at place 1 is no digit" in said
    assert f"{path} line {lines[1]}, column id: out of integer's range" in said
    assert "COPY refused" in said or "stl_load_errors" in said


def test_wrong_usage_of_checks(table):
    table.create("id int")
    run = table.place.program.run(*table.arguments(table.file("id\n1\n"), "--key", "id", "--check", "--rejects", "x.csv.gz"),
                                  env=table.environment)
    assert run.code == 2
    assert "--check and --rejects exclude each other" in run.err and "not compressed" in run.err
    table.place.bucket.put("in.csv", b"id\n1\n")
    run = table.place.program.run(*table.arguments(table.place.bucket.uri("in.csv"), "--key", "id", "--check"),
                                  env=table.environment)
    assert run.code == 2 and "and of no other source" in run.err
    table.place.bucket.delete("in.csv")


# Nasty texts, by type. What COPY makes of each is asked of COPY.
NUMBERS = ["0", "1", "-1", "+1", " 1", "1 ", "\t1", "1\t", "007", "", " ", "1.0", "1.", ".5", ".", "-", "+", "+-1", "--1", "1-", "1 2", "1e3",
           "1E3", "1e", "1e+", "e5", "1e-400", "1e400", "1e-50", "1e39", "3.5e38", "1e308", "-1e308", "0e99999999999", "1e99999999999",
           "1e-99999999999", "0x10", "x", "NaN", "nan", "-nan", "+NaN", "Infinity", "-infinity", "inf", "+inf", "infinit", "null", "1,5",
           "1_000", "１", "é", "32767", "32768", "-32768", "-32769", "2147483647", "2147483648", "-2147483648", "-2147483649",
           "9223372036854775807", "9223372036854775808", "-9223372036854775808", "-9223372036854775809", "99999999999999999999999999",
           "00000000000000000000000000000000001", "9999.99", "9999.999", "-9999.999", "10000", "9.999e3", "99999e-1", "999999e-2", "1e4",
           "0.000000000000000000000000000000000000000000001", "1.2.3", "1/2", "$1", "1%", "true", "\v1", "1\f", "\u00a01"]
DATES = ["2024-02-29", "2023-02-29", "1900-02-29", "2000-02-29", "0001-01-01", "0000-01-01", "9999-12-31", "10000-01-01", "-001-01-01", "2024-13-01",
         "2024-00-01", "2024-01-00", "2024-04-31", "1/2/24", "2024-1-1", "20240101", "2024/01/01", "2024-01-01x", "2024-01-01 x", "01-01-2024",
         " 2024-01-01 ", "2024-02-29 12:30:00", "2024-02-29T12:30:00Z", "2024-02-29 12:30", "2024-02-29 25:00:00", "2024-02-29T", "2024-02-29 ",
         "2024-02-29  12:30:45", "2024-02-29 12:30:45", "2024-02-29 1:30:45", "2024-02-29 12:3:45", "2024-02-29 12:30:4", "2024-02-29 12:30:60",
         "2024-02-29 12:30:61", "2024-02-29 23:59:60", "2024-02-29 24:00:00", "2024-02-29 24:00:01", "2024-02-29 12:60:00", "2024-02-29 12:30:45.",
         "2024-02-29 12:30:45.5", "2024-02-29 12:30:45.1234567890", "2024-02-29 12:30:45Z", "2024-02-29 12:30:45z", "2024-02-29 12:30:45+00",
         "2024-02-29 12:30:45 +00", "2024-02-29 12:30:45+5", "2024-02-29 12:30:45+05:30", "2024-02-29 12:30:45+0530", "2024-02-29 12:30:45+05:3",
         "2024-02-29 12:30:45+530", "2024-02-29 12:30:45-15:59", "2024-02-29 12:30:45+16", "2024-02-29 12:30:45+14:60", "2024-02-29 12:30:45 UTC",
         "2024-02-29 12:30:45+05:30:15", "2024-02-29T12:30:45", "2024-02-29 12:30:45 AM", "2024-02-29 BC", "now", "infinity", "epoch", "today", "", " ",
         "0000-00-00", "0000-00-00 00:00:00", "9999-12-31 24:00:00", "１999-01-01"]
TIMES = ["12:30:45", "1:30:45", "12:30", "12:30:45.5", "12:30:45.", "23:59:60", "23:59:60.5", "24:00:00", "24:00:01", "24:00:00.0", "25:00:00", "12:60:00",
         "12:30:61", "12:30:45+01", "12:30:45 +01", "12:30:45-08:30", "12:30:45Z", "12:30:45+x", " 12:30:45 ", "123045", "12:30:45 PM", "x", "", "12:30:45+99",
         "00:00:00", "23:59:59.9999999", "12:30:45+15:59", "12:30:45+0800"]
WORDS = ["true", "TRUE", "True", "t", "T", "yes", "YES", "y", "Y", "1", "false", "FALSE", "f", "no", "N", "0", " t ", "tr", "truex", "on", "off", "2", "01",
         "maybe", "", " ", "é", "yes no"]
TEXTS = ["", " ", "abc", "abcd", "abcde", "abcd ", "    ", "     ", "é", "éé", "ééé", "a\nb", "a\rb", "a\r\nb", "\"", "\"\"", "a\"b", ",", "\\", "\\N", "NULL", "\x1a1", "🎈", "🎈x",
         "\\.", "\x01", "\x7f", "\u0080", "'", "\t", "a\tb"]
DOCUMENTS = ["1", "-1.50", "1e5", "01", "+1", "\"x\"", "\"a\\nb\"", "\"a\nb\"", "'x'", "text", "null", "NULL", "true", "True", "[]", "[1,]", "[1, [2]]",
             "{}", "{\"a\": 1}", "{\"a\": 1", "{a: 1}", "{\"a\": 1} 2", "{\"a\": 1, \"a\": 2}", "  [ ]  ", "", " ", "1 2", "[" * 1000 + "]" * 1000,
             "\"\t\"", "NaN", "1.", ".5", "1e999"]
TYPES = {"smallint": NUMBERS, "int": NUMBERS, "bigint": NUMBERS, "decimal(6,2)": NUMBERS, "decimal(19,0)": [n for n in NUMBERS if not n.lstrip("-").startswith("92233720368547758")],
         "decimal(38,37)": NUMBERS, "decimal(4,4)": NUMBERS, "real": NUMBERS, "double precision": NUMBERS, "boolean": WORDS, "date": DATES + TIMES,
         "timestamp": DATES + TIMES, "timestamptz": DATES, "time": TIMES + DATES[:8], "timetz": TIMES, "char(4)": TEXTS,
         "varchar(4)": TEXTS, "super": DOCUMENTS}


def quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


@dataclass
class Case:
    """A text for one of a table's columns; the others are NULL."""
    column: str
    text: str

    def as_csv(self, columns: list[str]) -> str:
        return ",".join(quoted(self.text) if c == self.column else "\x1a" for c in columns)


def judged(table: Table, columns: dict[str, str], cases: list[Case], keys: str, form: str) -> list[tuple[str, str, str]]:
    """The cases of which COPY and --check don't think the same."""
    table.create("id int, " + ", ".join(f"{name} {type_}" for name, type_ in columns.items()))
    if form == "csv":
        records = [f"{i},{c.as_csv(list(columns))}\n" for i, c in enumerate(cases)]
        header, suffix, options = f"id,{','.join(columns)}\n", "csv", "CSV IGNOREHEADER 1 NULL AS '\\032'"
    else:
        records = [json.dumps({"id": i, c.column: c.text}, ensure_ascii=i % 2 == 0) + "\n" for i, c in enumerate(cases)]
        header, suffix, options = "", "jsonl", "JSON 'auto'"
    name = f"{table.place.schema}.{table.name}"
    table.place.bucket.put("judged", (header + "".join(records)).encode())
    table.place.connection.execute(
        f"COPY {name} FROM '{table.place.bucket.uri('judged')}' {keys} {options} IGNOREALLERRORS")
    table.place.bucket.delete("judged")
    taken = {i for (i,) in table.place.query(f"SELECT id FROM {name}")}

    source = table.file((header + "".join(records)).replace("\x1a,", ",").replace("\x1a\n", "\n"), suffix)
    findings = checked(table, source, "--key", "id", "--missing-as-null", "--dry-run")["findings"]
    line = 1 + len(header.splitlines())
    case_at = {}
    for i, record in enumerate(records):
        for _ in range(record.count("\n")):
            case_at[line] = i
            line += 1
    found = {case_at[f["line"]] for f in findings}
    assert all(f["column"] == cases[case_at[f["line"]]].column for f in findings)
    return [(columns[c.column], c.text[:60], "COPY takes it" if i in taken else "COPY refuses it")
            for i, c in enumerate(cases) if (i in taken) == (i in found)]


@pytest.fixture
def keys(local_redshift) -> str:
    env = local_redshift.environment
    return f"ACCESS_KEY_ID '{env['AWS_ACCESS_KEY_ID']}' SECRET_ACCESS_KEY '{env['AWS_SECRET_ACCESS_KEY']}'"


@pytest.mark.parametrize("form", ["csv", "json"])
def test_what_a_check_says_of_a_value_is_what_copy_says(table, keys, form):
    columns = {f"c{i}": type_ for i, type_ in enumerate(TYPES)}
    cases = [Case(name, text) for name, type_ in columns.items() for text in TYPES[type_]]
    wrong = judged(table, columns, cases, keys, form)
    assert not wrong, "\n".join(map(repr, wrong))


@pytest.mark.parametrize("form", ["csv", "json"])
@pytest.mark.parametrize("type_", ["int", "varchar(5)", "date", "super"])
def test_what_a_check_says_of_null_is_what_copy_says(table, keys, form, type_):
    wrong = judged(table, {"v": f"{type_} NOT NULL"}, [Case("v", t) for t in ("", " ", "null", "1", "\t")], keys, form)
    assert not wrong, "\n".join(map(repr, wrong))
