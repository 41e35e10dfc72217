-- Users, groups and roles of Redshift: roles of PostgreSQL, none of them its superuser. A user's number is that of its
-- role, from 100 as in Redshift, so every catalog shows it. What PostgreSQL takes for pinned below 12000 it doesn't track
-- the owner of: penstock_drop_users() looks itself.
--
-- A superuser of Redshift has everybody's rights: the role "penstock superusers" is a member of every user, and each
-- superuser one of it. These are circles, which GRANT refuses to make, and which checks of rights take well.
CREATE TABLE IF NOT EXISTS pg_internal.users (
  number oid PRIMARY KEY,
  verifier text,                                       -- md5…; NULL: nobody comes in by a password
  creates_databases boolean NOT NULL DEFAULT false,
  sees_all boolean NOT NULL DEFAULT false,             -- SYSLOG ACCESS UNRESTRICTED
  session_timeout integer                              -- in seconds
);
CREATE TABLE IF NOT EXISTS pg_internal.role_owners (
  role_name text PRIMARY KEY,
  owner oid NOT NULL
);
CREATE SEQUENCE IF NOT EXISTS pg_internal.user_numbers START 101 MAXVALUE 3000;

DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'penstock superusers') THEN
    CREATE ROLE "penstock superusers" NOLOGIN;
  END IF;
END $$;
GRANT pg_signal_backend TO "penstock superusers";
GRANT USAGE ON LANGUAGE plpgsql, sql TO "penstock superusers" WITH GRANT OPTION;

-- Who acts: whom SET SESSION AUTHORIZATION named, or who came in. 0: nobody that there still is.
CREATE OR REPLACE FUNCTION pg_internal.caller() RETURNS oid
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT coalesce((SELECT oid FROM pg_roles
                    WHERE rolname = CASE current_setting('role') WHEN 'none' THEN session_user
                                         ELSE current_setting('role') END), 0)
$$;

CREATE OR REPLACE FUNCTION pg_internal.superusers() RETURNS oid
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT oid FROM pg_roles WHERE rolname = 'penstock superusers'
$$;

CREATE OR REPLACE FUNCTION pg_internal.is_superuser(who oid) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT EXISTS (SELECT FROM pg_auth_members WHERE roleid = pg_internal.superusers() AND member = who)
         OR EXISTS (SELECT FROM pg_roles WHERE oid = who AND rolsuper)
$$;

-- Who asks, as the system tables name users; NULL for those who see all.
CREATE OR REPLACE FUNCTION pg_internal.restricted_reader() RETURNS integer
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT CASE WHEN pg_internal.is_superuser(who)
                   OR EXISTS (SELECT FROM pg_internal.users WHERE number = who AND sees_all) THEN NULL
              ELSE who::integer END
    FROM pg_internal.caller() who
$$;

CREATE OR REPLACE FUNCTION pg_internal.set_membership(role oid, member_role oid, wanted boolean) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF NOT wanted THEN
    DELETE FROM pg_auth_members WHERE roleid = role AND member = member_role;
  ELSIF NOT EXISTS (SELECT FROM pg_auth_members WHERE roleid = role AND member = member_role) THEN
    INSERT INTO pg_auth_members (roleid, member, grantor, admin_option) VALUES (role, member_role, 10, false);
  END IF;
END $$;

CREATE OR REPLACE FUNCTION pg_internal.require_superuser(act text) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF NOT pg_internal.is_superuser(pg_internal.caller()) THEN
    RAISE EXCEPTION '%', CASE WHEN act IS NULL THEN 'permission denied' ELSE 'must be superuser to ' || act END
      USING ERRCODE = '42501';
  END IF;
END $$;

-- kind: user, group, role
CREATE OR REPLACE FUNCTION pg_internal.postgres_name(kind text, name text) RETURNS text
LANGUAGE sql IMMUTABLE RETURN CASE kind WHEN 'user' THEN name ELSE kind || ' ' || name END;

CREATE OR REPLACE FUNCTION pg_internal.number_of(kind text, name text) RETURNS oid
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  found oid := (SELECT oid FROM pg_roles WHERE rolname = pg_internal.postgres_name(kind, name)
                                           AND rolcanlogin = (kind = 'user') AND NOT rolsuper);
BEGIN
  IF found IS NULL THEN
    -- in PostgreSQL's words, which the endpoint turns into Redshift's
    RAISE EXCEPTION 'role "%" does not exist', pg_internal.postgres_name(kind, name) USING ERRCODE = '42704';
  END IF;
  RETURN found;
END $$;

CREATE OR REPLACE FUNCTION pg_internal.require_free(kind text, name text) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF lower(name) IN ('public', 'rdsdb', 'none', 'penstock superusers') OR name ~* '^(pg_|group |role )'
     OR kind = 'user' AND EXISTS (SELECT FROM pg_roles WHERE rolname = name AND rolsuper) THEN
    RAISE EXCEPTION '% name "%" is reserved', kind, name USING ERRCODE = '42939';
  ELSIF octet_length(pg_internal.postgres_name(kind, name)) > 63 THEN
    RAISE EXCEPTION 'the name "%" is too long for this local Redshift', name USING ERRCODE = '0A000';
  ELSIF EXISTS (SELECT FROM pg_roles WHERE rolname = pg_internal.postgres_name(kind, name)) THEN
    RAISE EXCEPTION '% "%" already exists', kind, name USING ERRCODE = '42710';
  END IF;
END $$;

CREATE OR REPLACE FUNCTION pg_internal.is_first_user(who oid) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT EXISTS (SELECT FROM pg_roles r JOIN pg_internal.settings s ON s.name = 'admin' AND s.value = r.rolname
                  WHERE r.oid = who)
$$;

-- {"verifier": text or null, "creates_databases", "superuser", "sees_all", "valid_until", "connection_limit",
--  "session_timeout": seconds or null}: what is not there stays.
CREATE OR REPLACE FUNCTION pg_internal.set_user_options(who oid, wanted jsonb) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  name text := (SELECT rolname FROM pg_roles WHERE oid = who);
BEGIN
  IF wanted ? 'superuser' THEN
    IF pg_internal.is_first_user(who) AND NOT (wanted ->> 'superuser')::boolean THEN
      RAISE EXCEPTION 'the first user is a superuser' USING ERRCODE = '0A000';
    END IF;
    PERFORM pg_internal.set_membership(pg_internal.superusers(), who, (wanted ->> 'superuser')::boolean);
  END IF;
  IF wanted ? 'verifier' THEN
    IF pg_internal.is_first_user(who) THEN
      RAISE EXCEPTION 'the first user''s password is not changed by SQL in this local Redshift'
        USING ERRCODE = '0A000', HINT = 'penstock local env prints it.';
    ELSIF wanted ->> 'verifier' IS NULL AND pg_internal.is_superuser(who) THEN
      RAISE EXCEPTION 'cannot disable the password of a superuser' USING ERRCODE = '0A000';
    END IF;
    UPDATE pg_internal.users SET verifier = wanted ->> 'verifier' WHERE number = who;
  END IF;
  UPDATE pg_internal.users
     SET creates_databases = coalesce((wanted ->> 'creates_databases')::boolean, creates_databases),
         sees_all = coalesce((wanted ->> 'sees_all')::boolean, sees_all)
   WHERE number = who;
  IF wanted ? 'valid_until' THEN
    EXECUTE format('ALTER ROLE %I VALID UNTIL %L', name, (wanted ->> 'valid_until')::timestamptz);
  END IF;
  IF wanted ? 'connection_limit' THEN
    EXECUTE format('ALTER ROLE %I CONNECTION LIMIT %s', name, (wanted ->> 'connection_limit')::integer);
  END IF;
  IF wanted ? 'session_timeout' THEN
    UPDATE pg_internal.users SET session_timeout = (wanted ->> 'session_timeout')::integer WHERE number = who;
    IF wanted ->> 'session_timeout' IS NULL THEN
      EXECUTE format('ALTER ROLE %I RESET idle_session_timeout', name);
    ELSE
      EXECUTE format('ALTER ROLE %I SET idle_session_timeout = ''%ss''', name, (wanted ->> 'session_timeout')::integer);
    END IF;
  END IF;
END $$;

-- For the role that bootstrap made.
CREATE OR REPLACE FUNCTION pg_internal.adopt_first_user(name text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  who oid := (SELECT oid FROM pg_roles WHERE rolname = name);
BEGIN
  INSERT INTO pg_internal.users (number, creates_databases) VALUES (who, true) ON CONFLICT DO NOTHING;
  PERFORM pg_internal.set_membership(who, pg_internal.superusers(), true);
  PERFORM pg_internal.set_membership(pg_internal.superusers(), who, true);
END $$;

CREATE OR REPLACE FUNCTION pg_catalog.penstock_create_user(wanted jsonb) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  name text := wanted ->> 'name';
  who oid;
  joined text;
BEGIN
  PERFORM pg_internal.require_superuser('create users');
  PERFORM pg_internal.require_free('user', name);
  EXECUTE format('CREATE ROLE %I LOGIN', name);
  LOOP
    who := nextval('pg_internal.user_numbers');
    EXIT WHEN NOT EXISTS (SELECT FROM pg_authid WHERE oid = who);
  END LOOP;
  UPDATE pg_authid SET oid = who WHERE rolname = name;
  INSERT INTO pg_internal.users (number) VALUES (who);
  PERFORM pg_internal.set_membership(who, pg_internal.superusers(), true);
  PERFORM pg_internal.set_user_options(who, wanted);
  FOR joined IN SELECT jsonb_array_elements_text(wanted -> 'groups') LOOP
    PERFORM pg_internal.set_membership(pg_internal.number_of('group', joined), who, true);
  END LOOP;
END $$;

CREATE OR REPLACE FUNCTION pg_catalog.penstock_alter_user(wanted jsonb) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  who oid := pg_internal.number_of('user', wanted ->> 'name');
BEGIN
  -- a user may set a password of its own
  IF who <> pg_internal.caller() OR wanted - 'name' - 'verifier' <> '{}' OR wanted ->> 'verifier' IS NULL THEN
    PERFORM pg_internal.require_superuser(NULL);
  END IF;
  PERFORM pg_internal.set_user_options(who, wanted);
END $$;

-- ALTER USER … SET, with the rights of that user: no more than its own sessions may set.
CREATE OR REPLACE FUNCTION pg_catalog.penstock_set_for_user(wanted jsonb) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  acting text := current_setting('role');
BEGIN
  PERFORM set_config('role', wanted ->> 'name', true);
  EXECUTE format('ALTER ROLE %I %s', wanted ->> 'name', wanted ->> 'change');
  PERFORM set_config('role', acting, true);
END $$;

CREATE OR REPLACE FUNCTION pg_catalog.penstock_rename_user(wanted jsonb) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  who oid := pg_internal.number_of('user', wanted ->> 'name');
BEGIN
  PERFORM pg_internal.require_superuser('rename users');
  IF who = pg_internal.caller() OR wanted ->> 'name' = session_user THEN
    RAISE EXCEPTION 'session user cannot be renamed' USING ERRCODE = '0A000';
  ELSIF pg_internal.is_first_user(who) THEN
    RAISE EXCEPTION 'the first user is not renamed in this local Redshift' USING ERRCODE = '0A000';
  END IF;
  PERFORM pg_internal.require_free('user', wanted ->> 'to');
  EXECUTE format('ALTER ROLE %I RENAME TO %I', wanted ->> 'name', wanted ->> 'to');
  UPDATE pg_internal.users SET verifier = NULL WHERE number = who AND verifier IS NOT NULL;
  IF FOUND THEN
    RAISE NOTICE 'MD5 password cleared because of user rename';
  END IF;
END $$;

CREATE OR REPLACE FUNCTION pg_internal.owns_something(who oid) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT EXISTS (SELECT FROM pg_class WHERE relowner = who) OR EXISTS (SELECT FROM pg_namespace WHERE nspowner = who)
      OR EXISTS (SELECT FROM pg_proc WHERE proowner = who) OR EXISTS (SELECT FROM pg_database WHERE datdba = who)
      OR EXISTS (SELECT FROM pg_internal.role_owners WHERE owner = who)
$$;
CREATE OR REPLACE FUNCTION pg_internal.has_a_privilege(who oid) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT EXISTS (SELECT FROM pg_default_acl WHERE defaclrole = who)
      OR EXISTS (SELECT FROM (SELECT relacl FROM pg_class UNION ALL SELECT attacl FROM pg_attribute
                              UNION ALL SELECT nspacl FROM pg_namespace UNION ALL SELECT proacl FROM pg_proc
                              UNION ALL SELECT datacl FROM pg_database UNION ALL SELECT lanacl FROM pg_language
                              UNION ALL SELECT defaclacl FROM pg_default_acl) all_of_them (acl),
                         aclexplode(acl) granted
                  WHERE acl IS NOT NULL AND granted.grantee = who)
$$;

CREATE OR REPLACE FUNCTION pg_catalog.penstock_drop_users(wanted jsonb) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  name text;
  who oid;
BEGIN
  PERFORM pg_internal.require_superuser('drop users');
  FOR name IN SELECT jsonb_array_elements_text(wanted -> 'names') LOOP
    IF (wanted ->> 'if_exists')::boolean AND NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name AND rolcanlogin) THEN
      RAISE NOTICE 'user "%" does not exist, skipping', name;
      CONTINUE;
    END IF;
    who := pg_internal.number_of('user', name);
    IF who = pg_internal.caller() OR name = session_user THEN
      RAISE EXCEPTION '% user cannot be dropped', CASE name WHEN session_user THEN 'current' ELSE 'session' END
        USING ERRCODE = '55006';
    ELSIF pg_internal.is_first_user(who) THEN
      RAISE EXCEPTION 'the first user cannot be dropped' USING ERRCODE = '55006';
    ELSIF pg_internal.owns_something(who) THEN
      RAISE EXCEPTION 'user "%" can''t be dropped because the user owns some object', name USING ERRCODE = '55006';
    ELSIF pg_internal.has_a_privilege(who) THEN
      RAISE EXCEPTION 'user "%" can''t be dropped because the user has a privilege on some object', name
        USING ERRCODE = '55006';
    END IF;
    DELETE FROM pg_auth_members WHERE roleid = who OR member = who;
    DELETE FROM pg_db_role_setting WHERE setrole = who;
    DELETE FROM pg_internal.users WHERE number = who;
    DELETE FROM pg_authid WHERE oid = who;
  END LOOP;
END $$;

-- {"name", "users": [], "add"}
CREATE OR REPLACE FUNCTION pg_internal.change_group(wanted jsonb, adding boolean) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  name text;
BEGIN
  FOR name IN SELECT jsonb_array_elements_text(wanted -> 'users') LOOP
    PERFORM pg_internal.set_membership(pg_internal.number_of('group', wanted ->> 'name'),
                                       pg_internal.number_of('user', name), adding);
  END LOOP;
END $$;
CREATE OR REPLACE FUNCTION pg_catalog.penstock_create_group(wanted jsonb) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM pg_internal.require_superuser('create groups');
  PERFORM pg_internal.require_free('group', wanted ->> 'name');
  EXECUTE format('CREATE ROLE %I NOLOGIN', 'group ' || (wanted ->> 'name'));
  PERFORM pg_internal.change_group(wanted, true);
END $$;
CREATE OR REPLACE FUNCTION pg_catalog.penstock_alter_group(wanted jsonb) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM pg_internal.require_superuser('alter groups');
  PERFORM pg_internal.change_group(wanted, (wanted ->> 'add')::boolean);
END $$;
CREATE OR REPLACE FUNCTION pg_catalog.penstock_rename_group(wanted jsonb) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM pg_internal.require_superuser('rename groups');
  PERFORM pg_internal.number_of('group', wanted ->> 'name');
  PERFORM pg_internal.require_free('group', wanted ->> 'to');
  EXECUTE format('ALTER ROLE %I RENAME TO %I', 'group ' || (wanted ->> 'name'), 'group ' || (wanted ->> 'to'));
END $$;
CREATE OR REPLACE FUNCTION pg_catalog.penstock_drop_group(wanted jsonb) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM pg_internal.require_superuser('drop groups');
  IF pg_internal.has_a_privilege(pg_internal.number_of('group', wanted ->> 'name')) THEN
    RAISE EXCEPTION 'group "%" can''t be dropped because the group has a privilege on some object', wanted ->> 'name'
      USING ERRCODE = '55006';
  END IF;
  EXECUTE format('DROP ROLE %I', 'group ' || (wanted ->> 'name'));
END $$;

-- Roles are owned by who made them, and granted by a superuser or who has their ADMIN OPTION.
CREATE OR REPLACE FUNCTION pg_catalog.penstock_create_role(wanted jsonb) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM pg_internal.require_superuser('create roles');
  PERFORM pg_internal.require_free('role', wanted ->> 'name');
  EXECUTE format('CREATE ROLE %I NOLOGIN', 'role ' || (wanted ->> 'name'));
  INSERT INTO pg_internal.role_owners VALUES (wanted ->> 'name', pg_internal.caller());
END $$;
CREATE OR REPLACE FUNCTION pg_catalog.penstock_rename_role(wanted jsonb) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM pg_internal.require_superuser('alter roles');
  PERFORM pg_internal.number_of('role', wanted ->> 'name');
  PERFORM pg_internal.require_free('role', wanted ->> 'to');
  EXECUTE format('ALTER ROLE %I RENAME TO %I', 'role ' || (wanted ->> 'name'), 'role ' || (wanted ->> 'to'));
  UPDATE pg_internal.role_owners SET role_name = wanted ->> 'to' WHERE role_name = wanted ->> 'name';
END $$;
CREATE OR REPLACE FUNCTION pg_catalog.penstock_drop_role(wanted jsonb) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  number oid;
BEGIN
  PERFORM pg_internal.require_superuser('drop roles');
  number := pg_internal.number_of('role', wanted ->> 'name');
  IF pg_internal.has_a_privilege(number) THEN
    RAISE EXCEPTION 'role "%" can''t be dropped because the role has a privilege on some object', wanted ->> 'name'
      USING ERRCODE = '55006';
  ELSIF NOT (wanted ->> 'force')::boolean AND EXISTS (SELECT FROM pg_auth_members WHERE number IN (roleid, member)) THEN
    RAISE EXCEPTION 'role "%" can''t be dropped because it is granted to others or has roles of its own', wanted ->> 'name'
      USING ERRCODE = '55006', HINT = 'DROP ROLE … FORCE takes it from all of them.';
  END IF;
  EXECUTE format('DROP ROLE %I', 'role ' || (wanted ->> 'name'));
  DELETE FROM pg_internal.role_owners WHERE role_name = wanted ->> 'name';
END $$;

-- {"grant", "admin": of REVOKE: the option alone, "roles": [], "to": [{"name", "is_role", "admin"}]}
CREATE OR REPLACE FUNCTION pg_catalog.penstock_change_roles(wanted jsonb) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  name text;
  receiver jsonb;
  number oid;
BEGIN
  FOR name IN SELECT jsonb_array_elements_text(wanted -> 'roles') LOOP
    number := pg_internal.number_of('role', name);
    IF NOT pg_internal.is_superuser(pg_internal.caller())
       AND NOT pg_has_role(pg_internal.caller(), number, 'MEMBER WITH ADMIN OPTION') THEN
      RAISE EXCEPTION 'permission denied for role "%"', name USING ERRCODE = '42501';
    END IF;
    FOR receiver IN SELECT jsonb_array_elements(wanted -> 'to') LOOP
      EXECUTE CASE WHEN (wanted ->> 'grant')::boolean
                   THEN format('GRANT %I TO %I', 'role ' || name, r) || CASE WHEN (receiver ->> 'admin')::boolean
                                                                             THEN ' WITH ADMIN OPTION' ELSE '' END
                   ELSE format('REVOKE %s %I FROM %I',
                               CASE WHEN (wanted ->> 'admin')::boolean THEN 'ADMIN OPTION FOR' ELSE '' END,
                               'role ' || name, r) END
         FROM (SELECT rolname AS r FROM pg_roles
                WHERE oid = pg_internal.number_of(CASE WHEN (receiver ->> 'is_role')::boolean THEN 'role' ELSE 'user' END,
                                                  receiver ->> 'name')) found;
    END LOOP;
  END LOOP;
END $$;

-- pg_user and pg_group as Redshift has them: the endpoint writes these names for them.
CREATE OR REPLACE VIEW pg_catalog.redshift_pg_user AS
SELECT 'rdsdb'::name AS usename, 1 AS usesysid, true AS usecreatedb, true AS usesuper, true AS usecatupd,
       '********'::text AS passwd, NULL::timestamptz AS valuntil, NULL::text[] AS useconfig
UNION ALL
SELECT r.rolname, r.oid::integer, coalesce(u.creates_databases, false), pg_internal.is_superuser(r.oid), false,
       '********', r.rolvaliduntil,
       (SELECT setconfig FROM pg_db_role_setting WHERE setrole = r.oid AND setdatabase = 0)
  FROM pg_roles r LEFT JOIN pg_internal.users u ON u.number = r.oid
 WHERE r.rolcanlogin AND NOT r.rolsuper;

DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_attribute WHERE attrelid = to_regclass('pg_catalog.pg_user_info') AND attname = 'usesysid'
                                        AND atttypid = 'oid'::regtype) THEN
    DROP VIEW pg_catalog.pg_user_info;  -- as it was before there were users
  END IF;
END $$;
CREATE OR REPLACE VIEW pg_catalog.pg_user_info AS
SELECT v.usename, v.usesysid, v.usecreatedb, v.usesuper, v.usecatupd, v.passwd, v.valuntil, v.useconfig,
       (CASE WHEN r.rolconnlimit >= 0 THEN r.rolconnlimit::text ELSE 'UNLIMITED' END) AS useconnlimit,
       coalesce(u.sees_all, v.usesysid = 1) AS syslogaccess, coalesce(u.session_timeout, 0) AS sessiontimeout
  FROM pg_catalog.redshift_pg_user v
  LEFT JOIN pg_roles r ON r.oid::integer = v.usesysid
  LEFT JOIN pg_internal.users u ON u.number = r.oid;

CREATE OR REPLACE VIEW pg_catalog.redshift_pg_group AS
SELECT substr(r.rolname, 7)::name AS groname, r.oid::integer AS grosysid,
       (SELECT array_agg(member::integer ORDER BY member) FROM pg_auth_members WHERE roleid = r.oid) AS grolist
  FROM pg_roles r WHERE r.rolname LIKE 'group %' AND NOT r.rolcanlogin;

CREATE OR REPLACE VIEW pg_catalog.svv_roles AS
SELECT r.oid::integer AS role_id, substr(r.rolname, 6) AS role_name,
       (SELECT rolname::text FROM pg_roles WHERE oid = o.owner) AS role_owner, NULL::text AS external_id
  FROM pg_roles r LEFT JOIN pg_internal.role_owners o ON o.role_name = substr(r.rolname, 6)
 WHERE r.rolname LIKE 'role %' AND NOT r.rolcanlogin;
CREATE OR REPLACE VIEW pg_catalog.svv_user_grants AS
SELECT u.oid::integer AS user_id, u.rolname::text AS user_name, r.oid::integer AS role_id,
       substr(r.rolname, 6) AS role_name, m.admin_option
  FROM pg_auth_members m
  JOIN pg_roles r ON r.oid = m.roleid AND r.rolname LIKE 'role %' AND NOT r.rolcanlogin
  JOIN pg_roles u ON u.oid = m.member AND u.rolcanlogin
 WHERE pg_internal.restricted_reader() IS NULL OR u.oid::integer = pg_internal.restricted_reader();
GRANT SELECT ON pg_catalog.redshift_pg_user, pg_catalog.pg_user_info, pg_catalog.redshift_pg_group,
  pg_catalog.svv_roles, pg_catalog.svv_user_grants TO PUBLIC;

-- Who may come in, for the endpoint: a verifier of the password, and whether its time is up.
CREATE OR REPLACE VIEW pg_internal.logins AS
SELECT r.rolname AS name, r.oid AS number, u.verifier, coalesce(r.rolvaliduntil <= now(), false) AS expired
  FROM pg_roles r JOIN pg_internal.users u ON u.number = r.oid
 WHERE r.rolcanlogin AND NOT r.rolsuper;
