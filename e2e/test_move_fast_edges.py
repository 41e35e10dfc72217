"""The routes of a move on which nobody parses rows but the servers: UNLOAD straight into files, COPY where it lies.

What comes out is what the route by batches writes, by an independent reader's values and types; which route was taken
is seen in what was said to the cluster, not in what the program says of itself.
"""

import gzip
import io
import signal
from dataclasses import dataclass
from datetime import datetime

import psycopg
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest
from harness import actions, nasty
from harness.fault_plan import Channel, Fault, Phase
from harness.nasty import KINDS, SQL, Table, canonical, joined, read_file
from harness.place import Place
from harness.through import Through
from psycopg import sql

LONG = 30_000  # bytes of a text that UNLOAD may quote


def rows_of(columns: list[str], names: dict[str, str] | None = None) -> Table:
    """Nasty values of these columns; texts that are too long for them are cut."""
    table = nasty.nasty()
    table = table.without(*(c for c in table.columns if c not in columns))
    cut = [tuple(v.encode()[:LONG].decode(errors="ignore") if isinstance(v, str) else v for v in row) for row in table.rows]
    return Table([(names or {}).get(c, c) for c in table.columns], cut)


@dataclass
class Bed:
    place: Place
    server: object
    tmp: object

    @property
    def env(self) -> dict[str, str]:
        return {"PENSTOCK_S3_BASE_PATH": self.place.bucket.uri("staging/")}

    def uri(self, name: str) -> str:
        return f"redshift://::{self.place.schema}.{name}"

    def fill(self, name: str, table: Table, kinds: dict[str, str]) -> str:
        connection = self.place.connection
        columns = sql.SQL(", ").join(sql.SQL("{} {}").format(sql.Identifier(c), sql.SQL(kinds[c])) for c in table.columns)
        connection.execute(sql.SQL("CREATE TABLE {} ({})").format(sql.Identifier(self.place.schema, name), columns))
        values = sql.SQL(", ").join(sql.Placeholder() for _ in table.columns)
        for row in table.rows:
            connection.execute(sql.SQL("INSERT INTO {} VALUES ({})").format(
                sql.Identifier(self.place.schema, name), values), row)
        return self.uri(name)

    def move(self, *arguments: str, code: int | None = 0, faults: tuple = ()):
        """The run, and what it said to the cluster and to S3."""
        with Through(self.server) as through:
            through.plan.faults.extend(fault(through) if callable(fault) else fault for fault in faults)
            run = through.run(self.place.program, "move", *arguments, env=self.env)
            assert not faults or through.plan.struck, f"the fault never struck: {run}"
            said = through.statements()
            asked = [m.text for m in through.seen(Channel.S3)]
        assert code is None or run.code == code, str(run)
        return run, said, asked

    def keys(self, prefix: str) -> list[str]:
        return sorted(key for key in self.place.bucket.objects() if key.startswith(prefix))

    def part_bytes(self, prefix: str) -> list[bytes]:
        return [self.place.bucket.get(key) for key in self.keys(prefix)]

    def rows(self, name: str, columns: str = "*", order: str = "1") -> list[tuple]:
        return self.place.connection.execute(
            f"SELECT {columns} FROM {self.place.schema}.{name} ORDER BY {order}").fetchall()

    def types(self, name: str) -> dict[str, str]:
        return dict(self.place.connection.execute(
            "SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute WHERE attnum > 0 AND attrelid = %s::regclass",
            (f"{self.place.schema}.{name}",)).fetchall())


@pytest.fixture
def bed(place, local_redshift, tmp_path) -> Bed:
    place.connection.execute("SET TIME ZONE 'UTC'")
    return Bed(place, local_redshift, tmp_path)


def unloads(said: list[str]) -> list[str]:
    return [text for text in said if text.startswith("UNLOAD")]


def gets_of(asked: list[str], what: str) -> list[str]:
    return [text for text in asked if text.startswith("GET") and what in text]


# UNLOAD writes the file.

PARQUET = ["id", "flag", "num", "big", "price", "ratio", "day", "words", nasty.ODD]
CSV = ["id", "flag", "small", "num", "big", "price", "ratio", "day", "at", "zoned", "words", nasty.ODD]
TYPES = {**SQL, "words": "varchar(32766)", "odd": SQL[nasty.ODD]}
ALL_KINDS = {**KINDS, "odd": "text"}


def test_parquet_that_unload_writes_is_what_we_would_write(bed):
    table = rows_of(PARQUET)
    source = bed.fill("nasty", table, TYPES)
    _, said, asked = bed.move(source, bed.place.bucket.uri("out/"), "--to-format", "parquet")
    assert "PARQUET" in unloads(said)[0] and gets_of(asked, "/unload-0") == [], "no part comes by here"
    assert bed.keys("out/") == [f"out/part-{i:05}.parquet" for i in range(1, len(bed.keys("out/")) + 1)]
    assert bed.keys("staging/") == []
    _, said, _ = bed.move(source, bed.place.bucket.uri("ours.parquet"))
    assert "PARQUET" not in unloads(said)[0], "one object is written by us"
    ours = pq.read_table(io.BytesIO(bed.place.bucket.get("ours.parquet")))
    for part in bed.part_bytes("out/"):
        found = pq.read_table(io.BytesIO(part))
        assert [(f.name, f.type) for f in found.schema] == [(f.name, f.type) for f in ours.schema]
    assert canonical(joined(read_file("parquet", part) for part in bed.part_bytes("out/"))) == canonical(table)


@pytest.mark.parametrize("column", ["small", "at", "zoned", "clock", "doc"])
def test_what_unload_would_spoil_in_parquet_goes_by_batches(bed, column):
    kinds = {"id": "int", column: TYPES[column]}
    bed.fill("one", Table(["id", column], [(1, None)]), kinds)
    _, said, _ = bed.move(bed.uri("one"), bed.place.bucket.uri("out/"), "--to-format", "parquet")
    assert "PARQUET" not in unloads(said)[0]
    assert pq.read_table(io.BytesIO(bed.place.bucket.get("out/part-00001.parquet"))).num_rows == 1


def fields(text: str, delimiter: str = ",") -> list[list[str | None]]:
    """Of CSV: an unquoted empty field is None, "" is not. By a reader of its own: csv's tells them not apart."""
    rows, row, field, quoted, within = [], [], "", False, False
    i = 0
    while i < len(text):
        c = text[i]
        if within:
            if c == '"' and text[i + 1:i + 2] == '"':
                field, i = field + '"', i + 1
            elif c == '"':
                within = False
            else:
                field += c
        elif c == '"':
            within = quoted = True
        elif c in (delimiter, "\n"):
            row.append(field if field or quoted else None)
            field, quoted = "", False
            if c == "\n":
                rows.append(row)
                row = []
        else:
            field += c
        i += 1
    assert not row and not field, "the last line has an end"
    return rows


@pytest.mark.parametrize("where, form", [
    *((where, form) for where in ("s3", "parts", "local", "local-parts")
      for form in ("csv", "tsv", "csv.gz", "csv.zst", "csv.bz2")), ("stdout", "csv")])
def test_csv_that_unload_writes_is_what_we_would_write(bed, where, form):
    is_parts = where.endswith("parts")
    table = rows_of(CSV, {nasty.ODD: "odd"} if is_parts else None)
    source = bed.fill("nasty", table, TYPES)
    target = {"s3": bed.place.bucket.uri(f"out/x.{form}"), "parts": bed.place.bucket.uri("out/"),
              "local": str(bed.tmp / f"x.{form}"), "local-parts": f"{bed.tmp}/out/", "stdout": "-"}[where]
    run, said, asked = bed.move(source, target, "--to-format", form)
    assert "CASE WHEN" in unloads(said)[0] and "FORMAT AS CSV" not in unloads(said)[0]
    if where == "parts":
        assert gets_of(asked, "/unload-0") == [], "no part comes by here"
    if where == "stdout":
        files = [run.out.encode()]  # the harness reads text, in which every end of a line is \n
        table = Table(table.columns, [tuple(v.replace("\r\n", "\n").replace("\r", "\n") if isinstance(v, str) else v
                                            for v in row) for row in table.rows])
    elif where.startswith("local"):
        files = [path.read_bytes() for path in sorted(bed.tmp.rglob(f"*.{form}"))]
    else:
        files = bed.part_bytes("out/")
    assert files
    if where == "local-parts":
        assert [p.name for p in sorted(bed.tmp.rglob("*.*"))][0] == f"part-00001.{form}"
    assert canonical(joined(read_file(form, data) for data in files), ALL_KINDS) == canonical(table, ALL_KINDS)
    assert bed.keys("staging/") == []


def test_csv_by_unload_and_by_batches_have_the_same_fields_and_types(bed):
    table = rows_of(CSV)
    source = bed.fill("nasty", table, TYPES)
    _, said, _ = bed.move(source, bed.place.bucket.uri("fast.csv"))
    assert "CASE WHEN" in unloads(said)[0]
    _, said, _ = bed.move(source, bed.place.bucket.uri("slow.csv"), "--to-delimiter", "#")
    assert "FORMAT AS CSV" in unloads(said)[0]
    fast = fields(bed.place.bucket.get("fast.csv").decode())
    slow = fields(bed.place.bucket.get("slow.csv").decode(), "#")
    assert fast[0] == slow[0]
    values = {"ratio": lambda v: float(v).hex(), "at": datetime.fromisoformat, "zoned": datetime.fromisoformat}
    for rows in (fast, slow):
        for row in rows[1:]:
            for i, name in enumerate(fast[0]):
                row[i] = row[i] if row[i] is None else values.get(name, str)(row[i])
    assert sorted(fast[1:], key=lambda r: int(r[0])) == sorted(slow[1:], key=lambda r: int(r[0]))

    def types(name: str, delimiter: str) -> list:
        data = bed.place.bucket.get(name)
        return [f.type for f in pa.csv.read_csv(
            pa.BufferReader(data), pa.csv.ReadOptions(block_size=len(data) + 1),
            pa.csv.ParseOptions(delimiter=delimiter, newlines_in_values=True)).schema]

    assert types("fast.csv", ",") == types("slow.csv", "#")


def test_of_no_rows_there_is_a_file_that_says_its_columns(bed):
    bed.fill("none", Table(["id", "name"], []), {"id": "int", "name": "varchar(10)"})
    for form in ("csv", "csv.gz", "parquet"):
        bed.move(bed.uri("none"), bed.place.bucket.uri(f"{form}/"), "--to-format", form)
        assert bed.keys(f"{form}/") == [f"{form}/part-00001.{form}"]
    assert bed.place.bucket.get("csv/part-00001.csv") == b"id,name\n"
    assert gzip.decompress(bed.place.bucket.get("csv.gz/part-00001.csv.gz")) == b"id,name\n"
    assert pq.read_table(io.BytesIO(bed.place.bucket.get("parquet/part-00001.parquet"))).column_names == ["id", "name"]
    bed.move(bed.uri("none"), str(bed.tmp / "none.csv"))
    assert (bed.tmp / "none.csv").read_text() == "id,name\n"
    assert bed.keys("staging/") == []


def test_parts_of_an_earlier_move_give_way_to_replace_alone(bed):
    bed.fill("few", Table(["id", "name"], [(1, "a")]), {"id": "int", "name": "varchar(10)"})
    for name in ("part-00001.csv", "part-00002.csv", "part-00005.csv", "part-00001.parquet", "part-00003.jsonl.gz", "x.csv",
                 "part-00001.csv.md5", "sub/part-00002.csv"):
        bed.place.bucket.put(f"out/{name}", "old")
    run, said, _ = bed.move(bed.uri("few"), bed.place.bucket.uri("out/"), code=1)
    assert "--replace" in run.said and unloads(said) == [], "refused before the cluster works"
    run, _, _ = bed.move(bed.uri("few"), bed.place.bucket.uri("out/"), "--replace", "--dry-run")
    for name in ("part-00005.csv", "part-00001.parquet", "part-00003.jsonl.gz"):
        assert f"remove {bed.place.bucket.uri('out/' + name)}" in run.said
    assert len(bed.keys("out/")) == 8
    bed.move(bed.uri("few"), bed.place.bucket.uri("out/"), "--replace")
    assert bed.place.bucket.get("out/part-00001.csv") == b'id,name\n1,"a"\n'
    assert bed.keys("out/") == [f"out/{name}" for name in (
        "part-00001.csv", "part-00001.csv.md5", "sub/part-00002.csv", "x.csv")], "all else is somebody else's"


@pytest.mark.parametrize("where", ["s3", "local"])
def test_parts_of_another_format_give_way_whatever_the_route(bed, where):
    (bed.tmp / "rows.csv").write_text("id,name\n1,a\n2,b\n")
    out = bed.place.bucket.uri("out/") if where == "s3" else f"{bed.tmp}/out/"

    def names() -> list[str]:
        if where == "s3":
            return [key.removeprefix("out/") for key in bed.keys("out/")]
        return sorted(path.name for path in (bed.tmp / "out").iterdir())

    source = str(bed.tmp / "rows.csv")
    bed.move(source, out, "--to-format", "parquet")
    assert names() == ["part-00001.parquet"]
    run, _, _ = bed.move(source, out, "--to-format", "jsonl.gz", "--replace", "--dry-run")
    assert f"remove {out}part-00001.parquet" in run.said and names() == ["part-00001.parquet"]
    bed.move(source, out, "--to-format", "jsonl.gz", "--replace")
    assert names() == ["part-00001.jsonl.gz"]
    bed.move(out, out, "--to-format", "orc", "--replace")
    assert names() == ["part-00001.jsonl.gz", "part-00001.orc"], "what was read stays"
    (bed.tmp / "few.csv").write_text("id\n1\n")
    bed.move(str(bed.tmp / "few.csv"), out, "--replace")
    assert names() == ["few.csv", "part-00001.jsonl.gz", "part-00001.orc"], "a file is put beside them"


def test_a_query_is_unloaded_too_and_a_dry_run_writes_nothing(bed):
    bed.fill("few", Table(["id", "name"], [(1, "a"), (2, None)]), {"id": "int", "name": "varchar(10)"})
    query = f"redshift://?query=SELECT id, name FROM {bed.place.schema}.few WHERE name IS NULL -- some"
    run, said, _ = bed.move(query, bed.place.bucket.uri("out/"), "--dry-run")
    assert "UNLOAD SELECT" in run.said and unloads(said) == [] and bed.keys("") == []
    bed.move(query, bed.place.bucket.uri("out/"))
    assert bed.place.bucket.get("out/part-00001.csv") == b"id,name\n2,\n"


def stop(victim: actions.Victim) -> actions.Action:
    async def act(exchange) -> None:
        await victim.signal(signal.SIGTERM)
        await actions.stall(1)(exchange)  # it has taken it before the last request is answered

    return act


STRIKES = {
    "unload-refused": (Channel.SQL, "^UNLOAD", Phase.BEFORE, lambda _: actions.sql_error("XX000", "no room"), 1),
    "connection-lost": (Channel.SQL, "^UNLOAD", Phase.AFTER, lambda _: actions.hang_up, 1),
    "copy-refused": (Channel.S3, "^PUT .*/out/", Phase.BEFORE, lambda _: actions.s3_status(403, "AccessDenied"), 1),
    "stopped": (Channel.S3, "^PUT .*/out/", Phase.BEFORE, lambda t: stop(t.victim), 143),
    "killed": (Channel.S3, "^PUT .*/out/", Phase.BEFORE, lambda t: actions.kill(t.victim), -9),
}


@pytest.mark.parametrize("form", ["csv", "parquet"])
@pytest.mark.parametrize("strike", STRIKES)
def test_what_breaks_off_leaves_nothing_at_the_destination(bed, strike, form):
    channel, match, phase, action, code = STRIKES[strike]
    times = 1 if strike == "stopped" else 99  # a second signal ends it at once
    bed.fill("few", Table(["id", "name"], [(i, "a" * 100) for i in range(50)]), {"id": "int", "name": "varchar(100)"})
    bed.move(bed.uri("few"), bed.place.bucket.uri("out/"), "--to-format", form, code=code,
             faults=(lambda through: Fault(channel, phase, action(through), match=match, times=times),))
    assert bed.keys("out/") == []
    if strike != "killed":
        assert bed.keys("staging/") == []
    bed.move(bed.uri("few"), bed.place.bucket.uri("out/"), "--to-format", form)
    assert len(joined(read_file(form, part) for part in bed.part_bytes("out/")).rows) == 50


# COPY reads it where it lies.

NO_MIX = {"plain": "a\\N", "quotes": 'a,"b"\nc', "blanks": " x ", "unicode": "日本 😀", "null": "NULL", "crlf": "a\r\nb"}


def copies(said: list[str]) -> list[str]:
    return [text for text in said if text.startswith("COPY")]


def staged_parts(asked: list[str]) -> list[str]:
    return [text for text in asked if text.startswith(("PUT", "POST")) and "/staging/" in text and "manifest" not in text]


def quoted(*row: str | None) -> str:
    return ",".join("" if v is None else '"' + v.replace('"', '""') + '"' for v in row) + "\n"


def in_s3(bed: Bed, name: str, text: str) -> str:
    bed.place.bucket.put(name, nasty.compressed(name.rpartition(".")[2] if name.count(".") > 1 else "", text.encode()))
    return bed.place.bucket.uri(name)


@pytest.mark.parametrize("form", ["csv", "csv.gz", "csv.zst", "csv.bz2"])
@pytest.mark.parametrize("hole", [None, ""], ids=["null", "empty"])
def test_csv_with_nulls_or_with_empty_texts_is_read_where_it_lies(bed, form, hole):
    words = [*NO_MIX.values(), hole]
    text = "id,words,n\n" + "".join(f"{i}," + quoted(w).rstrip("\n") + f",{'' if i == 2 else i}\n" for i, w in enumerate(words))
    source = in_s3(bed, f"in/a.{form}", text)
    _, said, asked = bed.move(source, bed.uri("words"))
    assert staged_parts(asked) == [] and len(copies(said)) == 1
    assert bed.rows("words") == [(i, w, None if i == 2 else i) for i, w in enumerate(words)]
    bed.move(source, bed.uri("words"))
    assert len(bed.rows("words")) == 2 * len(words)
    _, _, asked = bed.move(source, bed.uri("words"), "--replace")
    assert staged_parts(asked) == [] and len(bed.rows("words")) == len(words)
    assert bed.keys("staging/") == []


STAGED = {
    "both": ('id,a,b\n1,,x\n2,"",y\n', {}, [(1, None, "x"), (2, "", "y")]),
    "in-two-columns": ('id,a,b\n1,,x\n2,y,""\n', {}, [(1, None, "x"), (2, "y", "")]),
    "blank-line": ("id,a,b\n1,x,y\n\n2,v,w\n", {}, [(1, "x", "y"), (2, "v", "w")]),
    "header-of-two-lines": ('id,"a\nb",b\n1,x,y\n', {}, [(1, "x", "y")]),
    "null-as": ('id,a,b\n1,-,y\n2,"-",y\n', {"more": ("--null-as", "-")}, [(1, None, "y"), (2, "-", "y")]),
    "no-header": ("1,x,y\n2,v,w\n", {"more": ("--columns", "id,a,b")}, [(1, "x", "y"), (2, "v", "w")]),
    "sample": ("id,a,b\n" + "".join(f"{i},x,y\n" for i in range(80_000)), {"more": ("--sample", "5")},
               [(i, "x", "y") for i in range(80_000)]),
    "other-type": ("id,a,b\n1,2024-01-01,1.50\n", {"table": "id int, a timestamp, b varchar(10)"},
                   [(1, datetime(2024, 1, 1), "1.50")]),
}


@pytest.mark.parametrize("case", STAGED)
def test_csv_of_which_copy_would_make_other_rows_is_staged(bed, case):
    text, how, wanted = STAGED[case]
    if "table" in how:
        bed.place.connection.execute(f"CREATE TABLE {bed.place.schema}.t ({how['table']})")
    _, _said, asked = bed.move(in_s3(bed, "in/a.csv", text), bed.uri("t"), *how.get("more", ()))
    assert staged_parts(asked) != []
    assert bed.rows("t") == wanted
    assert bed.keys("staging/") == []


def test_several_objects_and_another_delimiter_go_by_name_into_a_table(bed):
    bed.place.connection.execute(
        f"CREATE TABLE {bed.place.schema}.t (extra int DEFAULT 7, name varchar(10), big bigint, price numeric(20,4))")
    in_s3(bed, "in/a.tsv", "PRICE\tbig\tname\n1.5\t1\tx\n")
    in_s3(bed, "in/b.tsv", "PRICE\tbig\tname\n\t2\t\n")
    _, _, asked = bed.move(bed.place.bucket.uri("in/"), bed.uri("t"))
    assert staged_parts(asked) == []
    assert [(e, n, b, str(p)) for e, n, b, p in bed.rows("t", order="big")] == [(7, "x", 1, "1.5000"), (7, None, 2, "None")]


def test_a_column_that_the_table_has_not_is_refused(bed):
    bed.place.connection.execute(f"CREATE TABLE {bed.place.schema}.t (id int)")
    for name, text in (("a.csv", "id,more\n1,x\n"), ("a.jsonl", '{"id":1}\n{"id":2,"more":"x"}\n')):
        run, said, _ = bed.move(in_s3(bed, name, text), bed.uri("t"), code=1)
        assert "has no column more" in run.said and copies(said) == []
    assert bed.rows("t") == []


@pytest.mark.parametrize("form", ["jsonl", "jsonl.gz"])
def test_json_lines_are_read_where_they_lie(bed, form):
    text = ('{"id":1,"name":"","price":1.50,"doc":{"a":[1,null]},"seen":"2024-02-29 12:00:00"}\n\n'
            '{"price":null,"id":2,"name":null}\n{"id":3,"name":"日本 \\"q\\" \\\\N","seen":null,"doc":null}\n')
    _, _, asked = bed.move(in_s3(bed, f"in/a.{form}", text), bed.uri("t"))
    assert staged_parts(asked) == []
    assert [(i, n, p and str(p), s) for i, n, p, s in bed.rows("t", "id, name, price, seen")] == [
        (1, "", "1.50", datetime(2024, 2, 29, 12)), (2, None, None, None), (3, '日本 "q" \\N', None, None)]
    assert bed.rows("t", "JSON_SERIALIZE(doc)")[0] == ('{"a":[1,null]}',)
    bed.place.connection.execute(f"CREATE TABLE {bed.place.schema}.d (id int, extra int DEFAULT 7, name varchar(9))")
    bed.move(in_s3(bed, "in/b.jsonl", '{"ID":1}\n{"ID":2,"name":"x"}\n'), bed.uri("d"))
    assert bed.rows("d") == [(1, 7, None), (2, 7, "x")], "what no record has keeps its default"


def test_an_array_of_objects_is_staged(bed):
    _, _, asked = bed.move(in_s3(bed, "in/a.json", '[{"id":1},\n{"id":2}]\n'), bed.uri("t"))
    assert staged_parts(asked) != [] and bed.rows("t") == [(1,), (2,)]


IN_PLACE = {"parquet": ["id", "flag", "num", "big", "price", "ratio", "day", "at", "words", nasty.ODD],
            "orc": ["id", "flag", "num", "big", "price", "ratio", "words", nasty.ODD]}


def put_file(bed: Bed, name: str, table: Table, types: dict = nasty.ARROW, **how) -> str:
    out = io.BytesIO()
    (pa.orc if name.endswith(".orc") else pq).write_table(nasty.arrow_table(table, types), out, **how)
    bed.place.bucket.put(name, out.getvalue())
    return bed.place.bucket.uri(name)


@pytest.mark.parametrize("form", IN_PLACE)
def test_parquet_and_orc_are_read_where_they_lie(bed, form):
    table = Table([*IN_PLACE[form]], nasty.nasty().without(*(c for c in KINDS if c not in IN_PLACE[form])).rows)
    source = put_file(bed, f"in/a.{form}", table)
    run, said, asked = bed.move(source, bed.uri("t"), "--dry-run")
    assert f"FORMAT AS {form.upper()}" in run.said and copies(said) == [] and bed.keys("staging/") == []
    _, said, asked = bed.move(source, bed.uri("t"))
    assert staged_parts(asked) == [] and f"FORMAT AS {form.upper()}" in copies(said)[0]

    def rows(name: str) -> list[dict]:
        return canonical(Table(table.columns, bed.rows(name)))

    assert rows("t") == canonical(table)
    kinds = {c: SQL[c] for c in table.columns}
    bed.place.connection.execute(sql.SQL("CREATE TABLE {} ({})").format(
        sql.Identifier(bed.place.schema, "wide"), sql.SQL(", ").join(
            sql.SQL("{} {}").format(sql.Identifier(c), sql.SQL("bigint" if c == "num" else kinds[c])) for c in table.columns)))
    _, said, asked = bed.move(source, bed.uri("wide"))
    assert staged_parts(asked) != [] and "FORMAT AS CSV" in copies(said)[0], "COPY takes no int for a bigint"
    assert rows("wide") == rows("t")
    bed.move(source, bed.uri("t"))
    assert len(bed.rows("t")) == 2 * len(table.rows)
    _, said, asked = bed.move(source, bed.uri("t"), "--replace")
    assert staged_parts(asked) == [] and rows("t") == canonical(table)
    assert bed.keys("staging/") == []


def test_parquet_goes_by_the_names_of_its_columns_into_a_table(bed):
    bed.place.connection.execute(
        f"CREATE TABLE {bed.place.schema}.t (extra int DEFAULT 7, words varchar(10), big bigint, id int)")
    for name, number in (("in/a.parquet", 1), ("in/b.parquet", 2)):
        put_file(bed, name, Table(["id", "words", "BIG"], [(number, "x", 2**40)]), {**nasty.ARROW, "BIG": pa.int64()})
    _, said, asked = bed.move(bed.place.bucket.uri("in/"), bed.uri("t"))
    assert staged_parts(asked) == [] and "PARQUET" in copies(said)[0]
    assert bed.rows("t", order="id") == [(7, "x", 2**40, 1), (7, "x", 2**40, 2)]
    put_file(bed, "in/c.parquet", Table(["words", "id", "BIG"], [("y", 3, None)]), {**nasty.ARROW, "BIG": pa.int64()})
    _, said, asked = bed.move(bed.place.bucket.uri("in/"), bed.uri("t"), "--replace")
    assert staged_parts(asked) != [] and "PARQUET" not in copies(said)[0], "of another order"
    assert bed.rows("t", order="id") == [(7, "x", 2**40, 1), (7, "x", 2**40, 2), (7, "y", None, 3)]
    put_file(bed, "more/d.parquet", Table(["id", "small"], [(3, 1)]))
    run, said, _ = bed.move(bed.place.bucket.uri("more/"), bed.uri("t"), code=1)
    assert "has no column small" in run.said and copies(said) == []


OTHER = {
    "smallint": (Table(["id", "small"], [(1, -5)]), {}), "zone": (Table(["id", "zoned"], [(1, None)]), {}),
    "clock": (Table(["id", "clock"], [(1, None)]), {}), "zstd": (Table(["id"], [(1,)]), {"compression": "zstd"}),
    "delta": (Table(["id"], [(1,)]), {"use_dictionary": False, "column_encoding": "DELTA_BINARY_PACKED"}),
    "int96": (Table(["id", "at"], [(1, datetime(2024, 2, 29))]), {"use_deprecated_int96_timestamps": True}),
}


@pytest.mark.parametrize("case", OTHER)
def test_parquet_that_copy_may_take_for_something_else_is_staged(bed, case):
    table, how = OTHER[case]
    _, said, asked = bed.move(put_file(bed, "in/a.parquet", table, **how), bed.uri("t"))
    assert staged_parts(asked) != [] and "PARQUET" not in copies(said)[0]
    assert bed.rows("t") == table.rows and bed.keys("staging/") == []


def test_of_parquet_that_copy_reads_only_the_footer_is_read_here(bed):
    rows = [(i, f"{i:x}" * 20) for i in range(200_000)]
    source = put_file(bed, "in/a.parquet", Table(["id", "words"], rows), compression="none", use_dictionary=False)
    with Through(bed.server) as through:
        [record] = through.run(bed.place.program, "move", source, bed.uri("t"), "--json", env=bed.env).records
        assert through.s3_bytes < len(bed.place.bucket.get("in/a.parquet")) / 4
    assert record["rows"] == len(rows) and bed.rows("t", "count(*), min(id), max(id)") == [(len(rows), 0, len(rows) - 1)]


def test_an_object_that_changes_while_copy_reads_it_ends_the_move(bed):
    source = in_s3(bed, "in/a.csv", "id,name\n1,x\n")

    def change() -> None:
        bed.place.bucket.put("in/a.csv", "id,name\n9,y\n")

    run, _, _ = bed.move(source, bed.uri("t"), code=4, faults=(
        Fault(Channel.SQL, Phase.BEFORE, actions.meanwhile(change), match="^COPY"),))
    assert "in/a.csv" in run.said
    assert bed.place.tables() == [] and bed.keys("staging/") == []


INTO = {
    "copy-refused": (Channel.SQL, "^COPY", Phase.BEFORE, lambda _: actions.sql_error("XX000", "no room"), 1),
    "connection-lost": (Channel.SQL, "^COPY", Phase.AFTER, lambda _: actions.hang_up, None),
    "manifest-refused": (Channel.S3, "^PUT .*manifest", Phase.BEFORE, lambda _: actions.s3_status(403, "AccessDenied"), 1),
    "read-refused": (Channel.S3, "^GET .*in/a", Phase.BEFORE, lambda _: actions.s3_status(403, "AccessDenied"), 1),
    "stopped": (Channel.SQL, "^COPY", Phase.BEFORE, lambda t: actions.send_signal(t.victim, signal.SIGTERM), 143),
    "killed": (Channel.SQL, "^COPY", Phase.BEFORE, lambda t: actions.kill(t.victim), -9),
}


@pytest.mark.parametrize("form", ["csv", "jsonl"])
@pytest.mark.parametrize("strike", INTO)
def test_what_breaks_off_writes_no_rows(bed, strike, form):
    channel, match, phase, action, code = INTO[strike]
    text = "id,name\n1,x\n2,y\n" if form == "csv" else '{"id":1,"name":"x"}\n{"id":2,"name":"y"}\n'
    source = in_s3(bed, f"in/a.{form}", text)
    bed.place.connection.execute(f"CREATE TABLE {bed.place.schema}.t (id int, name varchar(9))")
    bed.place.connection.execute(f"INSERT INTO {bed.place.schema}.t VALUES (7, 'old')")
    times = 1 if strike in ("stopped", "connection-lost") else 99
    run, _, _ = bed.move(source, bed.uri("t"), "--replace", code=code,
                         faults=(lambda through: Fault(channel, phase, action(through), match=match, times=times),))
    old, new = [(7, "old")], [(1, "x"), (2, "y")]
    assert bed.rows("t") == (new if run.code == 0 else old), str(run)
    if strike != "killed":
        assert bed.keys("staging/") == []
    bed.move(source, bed.uri("t"), "--replace")
    assert bed.rows("t") == new
