"""All 336,776 flights of 2013, day by day."""

from concurrent.futures import ThreadPoolExecutor

from harness import flights


def test_a_year_of_flights_is_loaded_exactly_once(place):
    days = flights.by_day()
    assert len(days) == 365

    def produce(day: str) -> None:
        place.bucket.put(place.key(day, "json.gz", "flights"), flights.as_file(day, days[day]))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(produce, days))
    place.bucket.put("flights.yml", flights.config(place.schema))
    how = ["--catch-up", "--config", place.bucket.uri("flights.yml"), "--no-maintenance"]

    run = place.load(*how, tables="flights", timeout=240)
    assert [r["data_date"][:10] for r in run.records if r["status"] == "loaded"] == list(days), "oldest first"
    assert sum(r["rows"] for r in run.records) == 336_776

    found = place.query(f"SELECT to_char(data_date, 'YYYY-MM-DD'), count(*), sum(distance), sum(air_time)"
                        f" FROM {place.schema}.flights GROUP BY 1")
    assert {day: tuple(int(v or 0) for v in numbers) for day, *numbers in found} == flights.sums(days)
    assert len(place.loads()) == 365
    assert len(place.ledger()) == 365

    def what_is_there() -> tuple:
        return place.loads(), place.ledger(), place.query(f"SELECT count(*), sum(flight) FROM {place.schema}.flights")

    before = what_is_there()
    again = place.load(*how, tables="flights", timeout=240)
    assert {r["status"] for r in again.records} == {"skipped"}
    assert what_is_there() == before
