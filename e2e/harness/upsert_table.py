"""A table, upserts into it by the program, and the candies that go in."""

import csv
import io
import json
from dataclasses import dataclass, field
from pathlib import Path

from .place import Place

CANDIES = "id,candy\n1,Snickers\n2,\"Reese's, peanut butter\"\n3,Kit Kat\n"
FIRST = [("1", "Snickers"), ("2", "Reese's, peanut butter"), ("3", "Kit Kat")]
CHANGED = [{"id": 2, "candy": "Reese's"}, {"id": 4, "candy": "Mars"}]
SECOND = [("1", "Snickers"), ("2", "Reese's"), ("3", "Kit Kat"), ("4", "Mars")]


@dataclass
class Table:
    """A table, and upserts into it."""
    place: Place
    tmp: Path
    name: str = "candies"
    counter: list[int] = field(default_factory=lambda: [0])

    def create(self, columns: str) -> None:
        self.place.connection.execute(f"CREATE TABLE {self.place.schema}.{self.name} ({columns})")

    def file(self, text: str | bytes, suffix: str = "csv") -> str:
        self.counter[0] += 1
        path = self.tmp / f"source{self.counter[0]}.{suffix}"
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return str(path)

    def arguments(self, *more: str) -> list[str]:
        return ["upsert", "--into", f"{self.place.schema}.{self.name}", "--json", "--no-maintenance", *more]

    @property
    def environment(self) -> dict[str, str]:
        return {"PENSTOCK_S3_BASE_PATH": self.place.bucket.uri("staging/")}

    def staged(self) -> list[str]:
        return [key for key in self.place.bucket.objects() if key.startswith("staging/")]

    def upsert(self, *more: str, code: int = 0, stdin: str | None = None) -> dict:
        run = self.place.program.run(*self.arguments(*more), env=self.environment, stdin=stdin)
        assert run.code == code, str(run)
        assert self.staged() == [], "nothing that was staged stays"
        return run.records[0] if code == 0 else {"said": run.said}

    def rows(self, columns: str = "*") -> list[tuple]:
        return self.place.rows(self.name, columns)


def counts(outcome: dict) -> tuple[int, int, int, int]:
    return outcome["read"], outcome["inserted"], outcome["updated"], outcome["superseded"]


def as_csv(rows: list[dict]) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def as_json(rows: list[dict]) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
