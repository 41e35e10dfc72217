"""What odo's page on AWS shows and what stands on its list of things to do, by penstock move."""

import gzip
import io
import json
import re
from collections.abc import Iterator
from urllib.parse import quote

import psycopg
import pyarrow.csv
import pyarrow.parquet
import pytest
from harness.plain_servers import PlainPostgres
from harness.processes import folder_for_servers
from harness.program import Run

USERS = 'id,name,joined,score\n1,Ann,2024-01-31,1.50\n2,"Bob, ""the"" builder",2024-02-29,-2.25\n3,,,\n4,"",2023-12-31,0.00\n'
ROWS = [("1", "Ann", "2024-01-31", "1.50"), ("2", 'Bob, "the" builder', "2024-02-29", "-2.25"), ("3", None, None, None),
        ("4", "", "2023-12-31", "0.00")]
NAMES = ["id", "name", "joined", "score"]


@pytest.fixture
def uri(local_redshift) -> str:
    env = local_redshift.environment
    return (f"redshift://{quote(env['REDSHIFT_USER'])}:{quote(env['REDSHIFT_PASSWORD'], safe='')}@"
            f"{env['REDSHIFT_HOST']}:{env['REDSHIFT_PORT']}/{env['REDSHIFT_DB']}")


@pytest.fixture
def move(place, tmp_path):
    def run(source: str, destination: str, *more: str, code: int = 0) -> Run:
        done = place.program.run("move", source, destination, *more,
                                 env={"PENSTOCK_S3_BASE_PATH": place.bucket.uri("staging/")})
        assert done.code == code, str(done)
        assert not [key for key in place.bucket.objects() if key.startswith("staging/")], "nothing staged stays"
        return done

    return run


@pytest.fixture
def users_csv(tmp_path) -> str:
    path = tmp_path / "users.csv"
    path.write_text(USERS)
    return str(path)


def of_csv(data: bytes | str) -> list[tuple]:
    """In the order of their ids, by pyarrow."""
    read = pyarrow.csv.read_csv(
        io.BytesIO(data.encode() if isinstance(data, str) else data), parse_options=pyarrow.csv.ParseOptions(
            newlines_in_values=True), convert_options=pyarrow.csv.ConvertOptions(
            column_types={name: pyarrow.string() for name in NAMES}, null_values=[""], strings_can_be_null=True,
            quoted_strings_can_be_null=False))
    assert read.column_names == NAMES
    return sorted(zip(*(column.to_pylist() for column in read.columns), strict=True))


def types(place, table: str) -> list[str]:
    return [row[0] for row in place.query(
        "SELECT data_type FROM information_schema.columns WHERE table_schema = %s AND table_name = %s"
        " ORDER BY ordinal_position", place.schema, table)]


def test_a_local_csv_to_a_redshift_table(place, move, uri, users_csv):
    """odo('users.csv', 'redshift://user:pass@host:port/db::users'): made of the data's types, then appended to."""
    place.connection.execute("DROP TABLE IF EXISTS public.users")
    for times in (1, 2):
        move(users_csv, f"{uri}::users")
        found = place.query("SELECT id::varchar, name, joined::varchar, score::varchar FROM public.users")
        assert sorted(found, key=lambda row: row[0]) == sorted(ROWS * times, key=lambda row: row[0])
    place.connection.execute("DROP TABLE public.users")


def test_a_local_csv_to_s3_and_back(place, move, users_csv, tmp_path):
    move(users_csv, place.bucket.uri("users.csv"))
    assert place.bucket.get("users.csv") == USERS.encode(), "a CSV is a CSV: byte by byte"
    move(place.bucket.uri("users.csv"), str(tmp_path / "back.csv"))
    assert (tmp_path / "back.csv").read_bytes() == USERS.encode()


def test_an_s3_key_to_a_redshift_table(place, move, uri):
    place.bucket.put("users.csv", USERS)
    move(place.bucket.uri("users.csv"), f"{uri}::{place.schema}.users")
    assert place.rows("users") == ROWS
    assert types(place, "users") == ["integer", "character varying", "date", "numeric"]


def test_a_glob_of_keys_is_like_a_glob_of_files(place, move, uri, tmp_path):
    """resource('s3://bucket/prefix*.csv'): keys that begin with prefix and end in .csv, across folders."""
    header, *lines = USERS.splitlines(keepends=True)
    for key, some in {"data-1.csv": lines[:1], "data/2.csv": lines[1:3], "data.more/x/3.csv": lines[3:]}.items():
        place.bucket.put(key, header + "".join(some))
        path = tmp_path / "globbed" / key.replace("/", "-")
        path.parent.mkdir(exist_ok=True)
        path.write_text(header + "".join(some))
    place.bucket.put("data-1.txt", "no\n")
    place.bucket.put("other.csv", "id\n99\n")
    move(place.bucket.uri("data*.csv"), f"{uri}::{place.schema}.from_s3")
    move(str(tmp_path / "globbed/*.csv"), f"{uri}::{place.schema}.from_files")
    assert place.rows("from_s3") == place.rows("from_files") == ROWS


def test_a_redshift_table_to_s3_and_to_a_file(place, move, uri, users_csv, tmp_path):
    table = f"{uri}::{place.schema}.users"
    move(users_csv, table)
    move(table, place.bucket.uri("out/users.csv"))
    assert of_csv(place.bucket.get("out/users.csv")) == ROWS
    move(table, str(tmp_path / "out.csv"))
    assert of_csv((tmp_path / "out.csv").read_bytes()) == ROWS
    move(table, place.bucket.uri("parts/"), "--to-format", "csv.gz")
    keys = [key for key in place.bucket.objects() if key.startswith("parts/")]
    assert sorted(row for key in keys for row in of_csv(gzip.decompress(place.bucket.get(key)))) == ROWS


def test_an_s3_csv_to_what_a_data_frame_is_made_of(place, move, tmp_path):
    """odo('s3://mybucket/myfile.csv', pd.DataFrame), by way of Parquet."""
    place.bucket.put("myfile.csv", USERS)
    move(place.bucket.uri("myfile.csv"), str(tmp_path / "frame.parquet"))
    frame = pyarrow.parquet.read_table(tmp_path / "frame.parquet")
    assert frame.column_names == NAMES
    assert [tuple(None if v is None else str(v) for v in row.values()) for row in frame.to_pylist()] == ROWS


# --- its TODO list

def test_todo_multipart_uploads_for_huge_files(place, move, tmp_path):
    path = tmp_path / "huge.csv"
    path.write_bytes(b"id,text\n" + b"1,0123456789012345678901234567890123456789\n" * 800_000)
    move(str(path), place.bucket.uri("huge.csv"))
    assert re.fullmatch(r'"[0-9a-f]{32}-\d+"', place.bucket.objects()["huge.csv"]), "in several parts"
    move(place.bucket.uri("huge.csv"), str(tmp_path / "back.csv"))
    assert (tmp_path / "back.csv").read_bytes() == path.read_bytes() == place.bucket.get("huge.csv")


def test_todo_gzipped_files(place, move, uri, tmp_path):
    path = tmp_path / "users.csv.gz"
    path.write_bytes(gzip.compress(USERS.encode()))
    move(str(path), f"{uri}::{place.schema}.users")
    assert place.rows("users") == ROWS
    move(str(path), place.bucket.uri("users.csv"))
    assert place.bucket.get("users.csv").decode() == USERS, "another codec, the same text"
    move(place.bucket.uri("users.csv"), place.bucket.uri("again.csv.gz"))
    assert gzip.decompress(place.bucket.get("again.csv.gz")).decode() == USERS


@pytest.mark.parametrize("where", ["local", "s3", "glob"])
def test_todo_json_lines_to_redshift(place, move, uri, tmp_path, where):
    lines = [json.dumps(dict(zip(NAMES, (int(row[0]), row[1], row[2], row[3] and float(row[3])), strict=True))) + "\n"
             for row in ROWS]
    if where == "local":
        source = tmp_path / "users.jsonl"
        source.write_text("".join(lines))
    else:
        place.bucket.put("users-1.jsonl", "".join(lines[:2]))
        place.bucket.put("users-2.jsonl", "".join(lines[2:]))
        if where == "s3":
            place.bucket.put("users-1.jsonl", "".join(lines))
        source = place.bucket.uri("users-1.jsonl" if where == "s3" else "users-*.jsonl")
    move(str(source), f"{uri}::{place.schema}.users")
    found = [(row[0], row[1], row[2], None if row[3] is None else float(row[3])) for row in place.rows("users")]
    assert found == [(row[0], row[1], row[2], None if row[3] is None else float(row[3])) for row in ROWS]


# --- and what else goes through the same network

@pytest.fixture(scope="module")
def postgres() -> Iterator[PlainPostgres]:
    with folder_for_servers() as folder:
        server = PlainPostgres(folder / "postgres")
        yield server
        server.stop()


def test_a_postgresql_table_to_redshift_and_to_s3(place, move, uri, postgres):
    address = f"postgresql://awsuser@127.0.0.1:{postgres.port}/postgres"
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute("DROP TABLE IF EXISTS users")
        connection.execute("CREATE TABLE users (id int, name text, joined date, score numeric(10,2))")
        for row in ROWS:
            connection.execute("INSERT INTO users VALUES (%s, %s, %s, %s)", row)
    move(f"{address}::users", f"{uri}::{place.schema}.users")
    assert place.rows("users") == ROWS
    move(f"{address}::users", place.bucket.uri("users.csv"))
    assert of_csv(place.bucket.get("users.csv")) == ROWS
    move(f"{address}?query={quote('SELECT * FROM users WHERE id > 2')}", place.bucket.uri("some.csv"))
    assert of_csv(place.bucket.get("some.csv")) == ROWS[2:]


def test_from_one_key_to_another_nothing_comes_by_here(place, move):
    place.bucket.put("a.csv", USERS)
    move(place.bucket.uri("a.csv"), place.bucket.uri("b.csv"))
    assert place.bucket.get("b.csv").decode() == USERS
