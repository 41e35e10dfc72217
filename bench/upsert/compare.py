"""An upsert of rows that are in S3 already, by penstock and by hand, in turn.

By hand are the statements that one types for it: a stage table, COPY, DELETE USING, INSERT, in one transaction; and the
same with the two questions that make it safe, whether a key is missing or there twice. Whole-process wall seconds; the
table is made anew before each, and what it holds is compared before any time is believed.
"""

import argparse
import gzip
import os
import statistics
import subprocess
from pathlib import Path

from local_redshift import LocalRedshift, local_redshift, timed

COLUMNS = "id bigint, name varchar(40), amount numeric(12,2), quantity int, day date, note varchar(200)"
ROW = ("i AS id, 'name ' || i AS name, (i % 100000)::numeric / 100 AS amount, (i % 1000)::int AS quantity, "
       "date '2020-01-01' + (i % 3000)::int AS day, repeat('n', 20 + (i % 40)::int) AS note")
PARTS = 4
MERGE = ["DELETE FROM target USING batch WHERE target.id = batch.id", "INSERT INTO target SELECT * FROM batch"]
QUESTIONS = ["SELECT count(*) FROM batch WHERE id IS NULL",
             "SELECT id, count(*) FROM batch GROUP BY id HAVING count(*) > 1 LIMIT 5"]


class Comparison:
    def __init__(self, redshift: LocalRedshift, rows: int, rounds: int) -> None:
        self.redshift, self.rows, self.rounds = redshift, rows, rounds
        redshift.client(f"CREATE TABLE target ({COLUMNS})")
        redshift.postgres(f"CREATE UNLOGGED TABLE original AS SELECT {ROW} FROM generate_series(1, {rows}) i")
        self.batch()

    def batch(self) -> None:
        """One row for every ten of the table; half of them replace one."""
        folder = self.redshift.bucket / "batch"
        folder.mkdir(parents=True)
        many = self.rows // 10
        for part in range(PARTS):
            with gzip.open(folder / f"{part}.csv.gz", "wt", compresslevel=3) as file:
                file.write("id,name,amount,quantity,day,note\n")
                for i in range(part, many, PARTS):
                    key = self.rows - many // 2 + i
                    file.write(f"{key},changed {key},{i % 1000}.25,{i % 77},2024-02-{1 + i % 28:02},{'m' * (20 + i % 40)}\n")

    def by_hand(self, questions: list[str]) -> None:
        copy = f"COPY batch FROM 's3://bench/batch/' {self.redshift.keys} CSV GZIP IGNOREHEADER 1"
        self.redshift.client(";\n".join(["BEGIN", "CREATE TEMPORARY TABLE batch (LIKE target)", copy, *questions, *MERGE,
                                         "DROP TABLE batch", "COMMIT"]))

    def by_penstock(self) -> None:
        subprocess.run([self.redshift.penstock, "upsert", "s3://bench/batch/*.csv.gz", "--into", "public.target", "--key",
                        "id", "--no-maintenance"], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                       env={**self.redshift.environment, "PENSTOCK_S3_BASE_PATH": "s3://bench/penstock/"})

    def contents(self) -> str:
        return self.redshift.postgres("SELECT count(*), sum(hashtextextended(t::text, 0)) FROM public.target t")

    def run(self) -> None:
        ways = {"penstock upsert": self.by_penstock, "the same SQL, typed": lambda: self.by_hand(QUESTIONS),
                "without its questions": lambda: self.by_hand([])}
        seconds: dict[str, list[float]] = {way: [] for way in ways}
        expected = ""
        for _ in range(self.rounds):
            for way, act in ways.items():
                self.redshift.postgres("TRUNCATE public.target; INSERT INTO public.target SELECT * FROM original")
                self.redshift.postgres("VACUUM ANALYZE public.target")
                self.redshift.postgres("CHECKPOINT")
                seconds[way].append(timed(act))
                found = self.contents()
                if (expected := expected or found) != found:
                    raise SystemExit(f"the tables differ, so the times mean nothing: {way}: {found}, not {expected}")
        typed = statistics.median(seconds["the same SQL, typed"])
        print(f"{self.rows // 10} rows into {self.rows}, {self.rounds} rounds, the same rows each way, medians:")
        for way, times in seconds.items():
            median = statistics.median(times)
            print(f"  {way:24} {median:6.2f} s  ({min(times):.2f}-{max(times):.2f})  ratio {median / typed:.2f}")


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--binaries", type=Path, required=True)
    arguments.add_argument("--rounds", type=int, default=int(os.environ.get("ROUNDS", "3")))
    arguments.add_argument("--millions", type=int, default=int(os.environ.get("MILLIONS", "10")))
    given = arguments.parse_args()
    with local_redshift(given.binaries) as redshift:
        Comparison(redshift, given.millions * 1_000_000, given.rounds).run()


if __name__ == "__main__":
    main()
