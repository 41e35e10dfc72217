"""Users, groups and roles: who comes in, what they may do, and what they see of others."""

import hashlib
import itertools

import psycopg
import pytest
import redshift_connector

PASSWORD = "Passw0rd"
numbers = itertools.count(1)


class People:
    """Makes users of its own names, opens their sessions, and takes them away at the end."""

    def __init__(self, witness, connect, local_redshift) -> None:
        self.witness, self.connect, self.env = witness, connect, local_redshift.environment
        self.prefix = f"u{next(numbers)}_"
        self.users: list[str] = []
        self.sessions: list[psycopg.Connection] = []

    def name(self, short: str) -> str:
        return self.prefix + short

    def make(self, short: str, options: str = "") -> str:
        name = self.name(short)
        self.witness.execute(f"CREATE USER {name} PASSWORD '{PASSWORD}' {options}")
        self.users.append(name)
        return name

    def session(self, user: str, password: str = PASSWORD, **options) -> psycopg.Connection:
        self.sessions.append(self.connect(user=user, password=password, **options))
        return self.sessions[-1]

    def refused(self, user: str, password: str = PASSWORD, **options) -> str:
        with pytest.raises(psycopg.OperationalError) as e:
            self.connect(user=user, password=password, **options)
        return str(e.value)

    def close(self) -> None:
        for session in self.sessions:
            session.close()
        for user in self.users:
            self.witness.execute(f"DROP USER IF EXISTS {user}")


@pytest.fixture
def people(witness, connect, local_redshift, place):  # the place's schema is gone after the people, or never
    made = People(witness, connect, local_redshift)
    yield made
    witness.execute(f"DROP SCHEMA IF EXISTS {place.schema} CASCADE")
    made.close()


def error(session, statement: str) -> tuple[str, str]:
    with pytest.raises(psycopg.Error) as e:
        session.execute(statement)
    return e.value.sqlstate, e.value.diag.message_primary


def rows(session, query: str) -> list[tuple]:
    return [tuple(v.rstrip() if isinstance(v, str) else v for v in row) for row in session.execute(query).fetchall()]


@pytest.mark.parametrize("tls", ["disable", "require"])
def test_a_user_comes_in_with_the_password_and_with_no_other(people, tls):
    alice = people.make("alice")
    session = people.session(alice, sslmode=tls)
    assert rows(session, "SELECT current_user, session_user, current_user_id > 100") == [(alice, alice, True)]
    refusal = f'password authentication failed for user "{alice}"'
    assert refusal in people.refused(alice, "Passw0rx", sslmode=tls)
    assert "password authentication failed" in people.refused(people.name("nobody"), sslmode=tls)


def test_redshifts_own_driver_comes_in(people):
    alice = people.make("alice")
    with redshift_connector.connect(host="localhost", port=int(people.env["REDSHIFT_PORT"]), database="dev", user=alice,
                                    password=PASSWORD, ssl=False) as session:
        cursor = session.cursor()
        cursor.execute("SELECT current_user")
        assert cursor.fetchone()[0] == alice


def test_passwords_change_and_are_disabled(people):
    alice = people.make("alice")
    session = people.session(alice)
    session.execute(f"ALTER USER {alice} PASSWORD 'Anoth3rOne'")
    people.refused(alice)
    people.session(alice, "Anoth3rOne")
    digest = hashlib.md5(f"Digest3d{alice}".encode()).hexdigest()
    people.witness.execute(f"ALTER USER {alice} PASSWORD 'md5{digest}'")
    people.session(alice, "Digest3d")
    people.witness.execute(f"ALTER USER {alice} PASSWORD DISABLE")
    people.refused(alice, "Digest3d")
    assert error(people.witness, "ALTER USER awsuser PASSWORD 'Passw0rd'")[0] == "0A000"


def test_an_old_user_and_one_too_many_are_refused(people):
    alice = people.make("alice", "VALID UNTIL '2020-01-01'")
    people.refused(alice)
    people.witness.execute(f"ALTER USER {alice} VALID UNTIL 'infinity' CONNECTION LIMIT 1")
    people.session(alice)
    assert "too many connections" in people.refused(alice)


@pytest.mark.parametrize("password, problem", [
    ("Short1", "8 to 64 characters"), ("alllower1", "uppercase"), ("ALLUPPER1", "lowercase"), ("NoNumbers", "number"),
    ("With/Slash1", "printable ASCII"),
])
def test_a_weak_password_is_refused(people, password, problem):
    code, message = error(people.witness, f"CREATE USER {people.name('weak')} PASSWORD '{password}'")
    assert (code, problem in message, password in message) == ("22023", True, False)


def test_no_password_is_kept_in_the_history(people, superuser, local_redshift):
    secret = "Secr3tOfMine"
    alice = people.make("alice")
    people.witness.execute(f"ALTER USER {alice} PASSWORD '{secret}'")
    error(people.witness, f"ALTER USER {people.name('nobody')} PASSWORD '{secret}'")
    error(people.witness, f"ALTER USER {alice} '{secret}'")
    texts = rows(people.witness, f"SELECT text FROM stl_utilitytext WHERE text LIKE 'ALTER USER {alice}%'")
    assert texts == [(f"ALTER USER {alice} PASSWORD ''",)]
    for table in ["stl_utilitytext", "sys_query_history", "sys_query_text", "stl_ddltext", "stl_query"]:
        assert rows(superuser, f"SELECT count(*) FROM pg_internal.{table} t WHERE t::text LIKE '%{secret}%'") == [(0,)]
    logs = local_redshift.data / "log"
    assert all(secret not in log.read_text() for log in logs.iterdir())


def test_users_groups_and_their_numbers_are_shown(people):
    alice, group = people.make("alice", "CREATEDB SESSION TIMEOUT 600"), people.name("g")
    people.witness.execute(f"CREATE GROUP {group} WITH USER {alice}")
    assert rows(people.witness, "SELECT usename, usesysid, usecreatedb, usesuper, usecatupd, passwd FROM pg_user"
                                " WHERE usesysid <= 100 ORDER BY usesysid") == [
        ("rdsdb", 1, True, True, True, "********"), ("awsuser", 100, True, True, False, "********")]
    number = rows(people.witness, f"SELECT usesysid FROM pg_user WHERE usename = '{alice}'")[0][0]
    assert number > 100
    assert rows(people.witness, f"SELECT usecreatedb, usesuper, useconnlimit, sessiontimeout FROM pg_user_info"
                                f" WHERE usename = '{alice}'") == [(True, False, "UNLIMITED", 600)]
    assert rows(people.witness, f"SELECT grolist FROM pg_group WHERE groname = '{group}'") == [([number],)]
    assert rows(people.session(alice), "SELECT current_user_id") == [(number,)]
    people.witness.execute(f"ALTER GROUP {group} DROP USER {alice}")
    assert rows(people.witness, f"SELECT grolist FROM pg_group WHERE groname = '{group}'") == [(None,)]
    people.witness.execute(f"DROP GROUP {group}")


def test_an_ordinary_user_makes_no_others(people):
    session = people.session(people.make("alice"))
    bob = people.make("bob")
    for statement, problem in [
            ("CREATE USER x PASSWORD 'Passw0rd'", "must be superuser to create users"),
            (f"DROP USER {bob}", "must be superuser to drop users"),
            (f"ALTER USER {bob} PASSWORD 'Passw0rd'", "permission denied"),
            (f"ALTER USER {people.name('alice')} CREATEUSER", "permission denied"),
            (f"ALTER USER {bob} RENAME TO x", "must be superuser to rename users"),
            ("CREATE GROUP g", "must be superuser to create groups"),
            ("CREATE ROLE r", "must be superuser to create roles"),
            (f"SET SESSION AUTHORIZATION {bob}", "permission denied to set session authorization"),
            ("SET SESSION AUTHORIZATION awsuser", "permission denied to set session authorization"),
    ]:
        assert error(session, statement) == ("42501", problem)
    assert error(people.witness, f"CREATE USER {bob} PASSWORD 'Passw0rd'") == ("42710", f'user "{bob}" already exists')
    assert error(people.witness, "DROP USER u_nobody") == ("42704", 'user "u_nobody" does not exist')


def test_what_is_another_users_is_refused(people, place):
    alice, bob = people.make("alice"), people.make("bob")
    table = f"{place.schema}.t"
    people.witness.execute(f"CREATE TABLE {table} (a int)")
    session = people.session(alice)
    assert error(session, f"SELECT * FROM {table}") == ("42501", f"permission denied for schema {place.schema}")
    people.witness.execute(f"GRANT USAGE ON SCHEMA {place.schema} TO {alice}")
    assert error(session, f"SELECT * FROM {table}") == ("42501", "permission denied for relation t")
    assert error(session, f"DROP TABLE {table}") == ("42501", "must be owner of relation t")
    assert error(session, f"CREATE TABLE {place.schema}.mine (a int)")[0] == "42501"
    people.witness.execute(f"GRANT SELECT ON {table} TO {alice}")
    assert rows(session, f"SELECT * FROM {table}") == []
    assert error(session, f"INSERT INTO {table} VALUES (1)") == ("42501", "permission denied for relation t")
    assert error(people.witness, f"GRANT SELECT ON {table} TO GROUP nogroup") == ("42704", 'group "nogroup" does not exist')
    assert error(people.witness, f"GRANT SELECT ON {table} TO nouser") == ("42704", 'user "nouser" does not exist')
    assert rows(people.witness, f"SELECT has_table_privilege('{alice}', '{table}', 'select'),"
                                f" has_table_privilege('{bob}', '{table}', 'select')") == [(True, False)]
    people.witness.execute(f"REVOKE ALL ON {table} FROM {alice}")
    assert error(session, f"SELECT * FROM {table}")[0] == "42501"
    people.witness.execute(f"REVOKE ALL ON SCHEMA {place.schema} FROM {alice}")


def test_groups_and_roles_hand_on_what_they_are_granted(people, place):
    alice, group, role = people.make("alice"), people.name("x"), people.name("x")  # names of their own, each kind
    outer = people.name("outer")
    table = f"{place.schema}.t"
    session = people.session(alice)
    for statement in [f"CREATE TABLE {table} (a int)", f"CREATE GROUP {group}", f"CREATE ROLE {role}", f"CREATE ROLE {outer}",
                      f"GRANT USAGE ON SCHEMA {place.schema} TO GROUP {group}", f"GRANT SELECT ON {table} TO ROLE {role}",
                      f"GRANT ROLE {role} TO ROLE {outer}"]:
        people.witness.execute(statement)
    assert error(session, f"SELECT * FROM {table}")[0] == "42501"
    people.witness.execute(f"ALTER GROUP {group} ADD USER {alice}")
    assert error(session, f"SELECT * FROM {table}") == ("42501", "permission denied for relation t")
    assert error(session, f"GRANT ROLE {role} TO {alice}") == ("42501", f'permission denied for role "{role}"')
    people.witness.execute(f"GRANT ROLE {outer} TO {alice}")
    assert rows(session, f"SELECT * FROM {table}") == []
    assert rows(session, "SELECT user_name, role_name, admin_option FROM svv_user_grants") == [(alice, outer, False)]
    assert rows(people.witness, f"SELECT role_name, role_owner FROM svv_roles WHERE role_name = '{role}'") == [
        (role, "awsuser")]
    assert error(people.witness, f"DROP ROLE {outer}")[0] == "55006"
    people.witness.execute(f"REVOKE ROLE {outer} FROM {alice}")
    assert error(session, f"SELECT * FROM {table}")[0] == "42501"
    assert error(people.witness, f"DROP GROUP {group}")[0] == "55006"
    for statement in [f"REVOKE ALL ON SCHEMA {place.schema} FROM GROUP {group}", f"DROP GROUP {group}",
                      f"REVOKE SELECT ON {table} FROM ROLE {role}", f"DROP ROLE {role} FORCE", f"DROP ROLE {outer}"]:
        people.witness.execute(statement)
    assert error(people.witness, f"DROP ROLE {role}") == ("42704", f'role "{role}" does not exist')


def test_default_privileges_are_given_to_what_comes_later(people, place):
    alice, bob = people.make("alice"), people.make("bob")
    people.witness.execute(f"GRANT CREATE, USAGE ON SCHEMA {place.schema} TO {alice}")
    people.witness.execute(f"GRANT USAGE ON SCHEMA {place.schema} TO {bob}")
    defaults = f"ALTER DEFAULT PRIVILEGES FOR USER {alice} IN SCHEMA {place.schema}"
    people.witness.execute(f"{defaults} GRANT SELECT ON TABLES TO {bob}")
    people.session(alice).execute(f"CREATE TABLE {place.schema}.t (a int)")
    assert rows(people.session(bob), f"SELECT * FROM {place.schema}.t") == []


def test_a_superuser_has_everybodys_rights(people, place):
    alice, boss = people.make("alice"), people.make("boss", "CREATEUSER")
    people.witness.execute(f"GRANT ALL ON SCHEMA {place.schema} TO {alice}")
    people.session(alice).execute(f"CREATE TABLE {place.schema}.hers (a int)")
    session = people.session(boss)
    session.execute(f"INSERT INTO {place.schema}.hers VALUES (1)")
    session.execute(f"CREATE TABLE {place.schema}.his (a int)")
    people.witness.execute(f"ALTER TABLE {place.schema}.his ADD COLUMN b int")
    session.execute(f"ALTER TABLE {place.schema}.hers OWNER TO {boss}")
    session.execute(f"DROP TABLE {place.schema}.hers")
    session.execute(f"CREATE USER {people.name('third')} PASSWORD DISABLE")
    session.execute(f"DROP USER {people.name('third')}")
    people.witness.execute(f"ALTER USER {boss} NOCREATEUSER")
    assert error(session, "CREATE GROUP g") == ("42501", "must be superuser to create groups")
    assert rows(people.witness, "SELECT rolsuper, rolcreaterole, rolbypassrls FROM pg_roles"
                                f" WHERE rolname IN ('{boss}', 'awsuser')") == [(False, False, False)] * 2


def test_a_user_with_something_is_not_dropped(people, place):
    alice = people.make("alice")
    people.witness.execute(f"GRANT ALL ON SCHEMA {place.schema} TO {alice}")
    people.session(alice).execute(f"CREATE TABLE {place.schema}.t (a int)")
    assert error(people.witness, f"DROP USER {alice}") == (
        "55006", f'user "{alice}" can\'t be dropped because the user owns some object')
    people.witness.execute(f"DROP TABLE {place.schema}.t")
    assert error(people.witness, f"DROP USER {alice}") == (
        "55006", f'user "{alice}" can\'t be dropped because the user has a privilege on some object')
    people.witness.execute(f"REVOKE ALL ON SCHEMA {place.schema} FROM {alice}")
    people.witness.execute(f"DROP USER {alice}")
    assert "password authentication failed" in people.refused(alice)


def test_a_user_is_renamed_and_has_settings(people, place):
    alice, renamed = people.make("alice"), people.name("renamed")
    people.witness.execute(f"ALTER USER {alice} SET search_path TO {place.schema}")
    assert rows(people.session(alice), "SHOW search_path") == [(place.schema,)]
    assert error(people.session(alice), "ALTER USER awsuser SET search_path TO x")[0] == "42501"
    people.witness.execute(f"ALTER USER {alice} RENAME TO {renamed}")
    people.users.append(renamed)
    people.refused(renamed)
    people.witness.execute(f"ALTER USER {renamed} PASSWORD '{PASSWORD}'")
    people.session(renamed)


def test_a_superuser_acts_as_another(people, place):
    alice = people.make("alice")
    with people.connect() as session:
        session.execute(f"SET SESSION AUTHORIZATION {alice}")
        assert rows(session, "SELECT current_user") == [(alice,)]
        assert error(session, f"CREATE TABLE {place.schema}.t (a int)")[0] == "42501"
        number = rows(session, "SELECT current_user_id")[0][0]
        assert rows(session, "SELECT DISTINCT userid FROM stl_query") == [(number,)]
        session.execute("RESET SESSION AUTHORIZATION")
        session.execute(f"CREATE TABLE {place.schema}.t (a int)")
        session.execute("BEGIN")
        session.execute(f"SET SESSION AUTHORIZATION '{alice}'")
        session.execute("ROLLBACK")
        session.execute("SELECT 'mine again'")
        assert rows(session, "SELECT userid FROM stl_query WHERE querytxt = 'SELECT ''mine again'''") == [(100,)]


def test_a_user_that_is_rolled_back_is_none(people):
    with people.connect() as session:
        session.execute("BEGIN")
        session.execute(f"CREATE USER {people.name('ghost')} PASSWORD '{PASSWORD}'")
        session.execute("ROLLBACK")
    people.refused(people.name("ghost"))


@pytest.fixture
def loads(people, place):
    """A load that succeeds and one that fails, of each of two users."""
    env = people.env
    place.bucket.put("good/1", "1\n")
    place.bucket.put("bad/1", "x\n")
    keys = f"ACCESS_KEY_ID '{env['AWS_ACCESS_KEY_ID']}' SECRET_ACCESS_KEY '{env['AWS_SECRET_ACCESS_KEY']}'"
    people.witness.execute(f"GRANT ALL ON SCHEMA {place.schema} TO PUBLIC")
    found = {}
    for short in ["alice", "bob"]:
        user = people.make(short)
        session = people.session(user)
        session.execute(f"CREATE TABLE {place.schema}.{short} (a int)")
        session.execute(f"COPY {place.schema}.{short} FROM '{place.bucket.uri('good/')}' {keys} CSV")
        error(session, f"COPY {place.schema}.{short} FROM '{place.bucket.uri('bad/')}' {keys} CSV")
        found[user] = session
    return found


HISTORY = {"stl_query": "userid", "stl_querytext": "userid", "stl_load_commits": "userid", "stl_load_errors": "userid",
           "stl_ddltext": "userid", "stl_s3client": "userid", "stl_file_scan": "userid", "svl_qlog": "userid",
           "svl_statementtext": "userid", "sys_query_history": "user_id", "sys_query_text": "user_id",
           "sys_load_history": "user_id", "sys_load_detail": "user_id", "sys_load_error_detail": "user_id",
           "stv_recents": "userid"}


def test_each_sees_its_own_rows_and_a_superuser_all(people, loads):
    numbers_of = dict(rows(people.witness, "SELECT usename, usesysid FROM pg_user"))
    mine = {user: numbers_of[user] for user in loads}
    for table, column in HISTORY.items():
        for user, session in loads.items():
            assert rows(session, f"SELECT DISTINCT {column} FROM {table}") == [(mine[user],)], table
        everybody = {row[0] for row in rows(people.witness, f"SELECT DISTINCT {column} FROM {table}")}
        assert everybody >= {*mine.values()}, table
    alice = next(iter(loads))
    people.witness.execute(f"ALTER USER {alice} SYSLOG ACCESS UNRESTRICTED")
    assert {row[0] for row in rows(loads[alice], "SELECT userid FROM stl_load_errors")} >= {*mine.values()}


def test_what_is_the_superusers_is_refused_unless_granted(people):
    alice = people.make("alice")
    session = people.session(alice)
    for name in ["stl_tr_conflict", "stv_locks", "stv_tbl_perm", "svv_table_info", "sys_transaction_history"]:
        assert error(session, f"SELECT * FROM {name}") == ("42501", f"permission denied for relation {name}")
        people.witness.execute(f"SELECT * FROM {name} LIMIT 1")
    assert rows(session, "SELECT has_table_privilege(current_user, 'svv_table_info', 'SELECT')") == [(False,)]
    people.witness.execute(f"GRANT SELECT ON svv_table_info TO {alice}")
    session.execute("SELECT * FROM svv_table_info")
    people.witness.execute(f"REVOKE SELECT ON svv_table_info FROM {alice}")
    assert error(session, "SELECT * FROM svv_table_info")[0] == "42501"
