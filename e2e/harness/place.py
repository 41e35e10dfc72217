"""A schema and a bucket of a test's own on the local Redshift, and what can be seen there."""

import gzip
import json
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

from .bucket import Bucket
from .program import Program, Run

EVENTS = """
{name}:
  dest: {name}
  columns:
    - {{dest: id, type: bigint, notnull: true, primarykey: true, sortord: 1, distkey: true}}
    - {{dest: name, type: text}}
    - {{dest: seen, type: timestamp}}
  meta: {{datadatecolumn: seen, schema: {schema}}}
"""


def json_lines(rows: list[dict]) -> bytes:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()


def events(day: str, count: int = 3, first: int = 1, name: str = "n") -> list[dict]:
    """Records for the table of EVENTS, all of one data date: 2024-01-31 or 2024-01-31T12:00:00."""
    seen = day.replace("T", " ").removesuffix("Z")
    return [{"id": first + i, "name": f"{name}{first + i}", "seen": seen if " " in seen else f"{seen} 00:00:00"}
            for i in range(count)]


@dataclass
class Place:
    program: Program
    bucket: Bucket
    schema: str
    connection: psycopg.Connection  # autocommit, to the endpoint

    def key(self, date: str, suffix: str = "json", table: str = "events") -> str:
        return f"{self.schema}_{table}_{date if 'T' in date else date + 'T00:00:00Z'}{'.' if suffix else ''}{suffix}"

    def put(self, date: str, body: bytes | str, suffix: str = "json", table: str = "events",
            config: str | None = EVENTS) -> str:
        """A data file, and its config beside it."""
        key = self.key(date, suffix, table)
        self.bucket.put(key, body)
        if config is not None:
            stem = self.key(date, "", table)
            self.bucket.put(f"config_{stem}.yml", self.config(config, table))
        return key

    def put_events(self, date: str, **how: Any) -> str:
        return self.put(date, gzip.compress(json_lines(events(date, **how)), mtime=0), "json.gz")

    def config(self, text: str = EVENTS, table: str = "events") -> str:
        return text.format(schema=self.schema, name=table)

    def arguments(self, *more: str, tables: str = "events") -> list[str]:
        return ["load", "--schema", self.schema, "--tables", tables, "--bucket", self.bucket.name, "--json", *more]

    def load(self, *more: str, tables: str = "events", code: int | None = 0, env: dict | None = None,
             timeout: float = 90) -> Run:
        run = self.program.run(*self.arguments(*more, tables=tables), env=env, timeout=timeout)
        assert code is None or run.code == code, str(run)
        return run

    def query(self, text: str | sql.Composed, *parameters: Any) -> list[tuple]:
        return self.connection.execute(text, parameters or None).fetchall()

    def tables(self) -> list[str]:
        return [r[0] for r in self.query("SELECT table_name FROM information_schema.tables WHERE table_schema = %s"
                                         " ORDER BY table_name", self.schema)]

    def columns(self, table: str = "events") -> list[str]:
        return [r[0] for r in self.query("SELECT column_name FROM information_schema.columns WHERE table_schema = %s"
                                         " AND table_name = %s ORDER BY ordinal_position", self.schema, table)]

    def rows(self, table: str = "events", columns: str = "*") -> list[tuple]:
        """As text, in an order of their own: two tables hold the same rows if these are equal."""
        chosen = sql.SQL("SELECT {} FROM {}").format(sql.SQL(columns), sql.Identifier(self.schema, table))
        found = (tuple(None if v is None else str(v) for v in row) for row in self.query(chosen))
        return sorted(found, key=lambda row: [(v is None, v or "") for v in row])

    def ids(self, table: str = "events") -> list[int]:
        return sorted(int(r[0]) for r in self.rows(table, "id"))

    def ledger(self) -> list[tuple]:
        """The ledger rows of this bucket, over all targets."""
        found = []
        for (name,) in self.query("SELECT table_name FROM information_schema.tables WHERE table_schema = 'penstock'"
                                  " AND table_name LIKE 'ledger\\_%%'"):
            found += self.query(sql.SQL("SELECT key, etag, size, data_date, rows FROM {} WHERE bucket = {}").format(
                sql.Identifier("penstock", name), sql.Literal(self.bucket.name)))
        return sorted(found, key=str)

    def loads(self) -> list[tuple]:
        """The loads rows of this schema's tables: one per commit."""
        if not self.query("SELECT 1 FROM information_schema.tables WHERE table_schema = 'penstock'"
                          " AND table_name = 'loads'"):
            return []
        return sorted(self.query("SELECT table_name, data_date, files, rows, replaced FROM penstock.loads"
                                 " WHERE schema_name = %s", self.schema), key=str)

    def lock_tables(self) -> list[str]:
        """Of all targets."""
        return [r[0] for r in self.query("SELECT table_name FROM information_schema.tables"
                                         " WHERE table_schema = 'penstock' AND table_name LIKE 'lk\\_%%'")]

    def state(self) -> dict:
        """All that a load may change, without what differs between two equal loads (ids, times, and our own names)."""
        seen = {
            "tables": {t: (self.columns(t), self.rows(t)) for t in self.tables()},
            "ledger": self.ledger(),
            "loads": self.loads(),
            "bucket": {k: "" if k.startswith("config_") else e for k, e in self.bucket.objects().items()},
        }
        text = json.dumps(seen, default=str)
        return json.loads(text.replace(self.schema, "SCHEMA").replace(self.bucket.name, "BUCKET"))
