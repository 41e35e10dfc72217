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

    def move(self, *arguments: str, code: int = 0, faults: tuple = ()):
        """The run, and what it said to the cluster and to S3."""
        with Through(self.server) as through:
            through.plan.faults.extend(fault(through) if callable(fault) else fault for fault in faults)
            run = through.run(self.place.program, "move", *arguments, env=self.env)
            assert not faults or through.plan.struck, f"the fault never struck: {run}"
            said = through.statements()
            asked = [m.text for m in through.seen(Channel.S3)]
        assert run.code == code, str(run)
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
    for i in (1, 2, 3, 5):
        bed.place.bucket.put(f"out/part-{i:05}.csv", "old")
    run, said, _ = bed.move(bed.uri("few"), bed.place.bucket.uri("out/"), code=1)
    assert "--replace" in run.said and unloads(said) == [], "refused before the cluster works"
    bed.move(bed.uri("few"), bed.place.bucket.uri("out/"), "--replace")
    assert bed.place.bucket.get("out/part-00001.csv") == b'id,name\n1,"a"\n'
    assert bed.keys("out/") == ["out/part-00001.csv", "out/part-00005.csv"], "behind a gap they are somebody else's"


def test_a_query_is_unloaded_too_and_a_dry_run_writes_nothing(bed):
    bed.fill("few", Table(["id", "name"], [(1, "a"), (2, None)]), {"id": "int", "name": "varchar(10)"})
    query = f"redshift://?query=SELECT id, name FROM {bed.place.schema}.few WHERE name IS NULL -- some"
    run, said, _ = bed.move(query, bed.place.bucket.uri("out/"), "--dry-run")
    assert "UNLOAD SELECT" in run.said and unloads(said) == [] and bed.keys("") == []
    bed.move(query, bed.place.bucket.uri("out/"))
    assert bed.place.bucket.get("out/part-00001.csv") == b"id,name\n2,\n"


STRIKES = {
    "unload-refused": (Channel.SQL, "^UNLOAD", Phase.BEFORE, lambda _: actions.sql_error("XX000", "no room"), 1),
    "connection-lost": (Channel.SQL, "^UNLOAD", Phase.AFTER, lambda _: actions.hang_up, 1),
    "copy-refused": (Channel.S3, "^PUT .*/out/", Phase.BEFORE, lambda _: actions.s3_status(403, "AccessDenied"), 1),
    "stopped": (Channel.S3, "^PUT .*/out/", Phase.BEFORE, lambda t: actions.send_signal(t.victim, signal.SIGTERM), 143),
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
