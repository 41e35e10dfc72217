-- SUPER: a document or a part of one, kept as the text of its JSON without the spacing, so that numbers keep their digits
-- and objects their order. Its number among the types is Redshift's own.
DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_type WHERE oid = 4000) THEN
    INSERT INTO pg_type
    SELECT (json_populate_record(t, json_build_object('oid', 4000, 'typname', 'super', 'typarray', 0))).*
      FROM pg_type t WHERE t.oid = 'json'::regtype;
    INSERT INTO pg_cast (oid, castsource, casttarget, castfunc, castcontext, castmethod)
    SELECT pg_nextoid('pg_cast', 'oid', 'pg_cast_oid_index'), source, target, 0, 'e', 'b'
      FROM (VALUES ('json'::regtype, 4000), (4000, 'json'::regtype)) c (source, target);
  END IF;
END $$;

-- A literal or a parameter without a type is the string that it says, never the document that it may look like. The
-- language SQL takes no cstring when a function is made, and has no trouble with one when it runs.
DROP FUNCTION IF EXISTS pg_internal.super_in(cstring, oid, integer);
CREATE FUNCTION pg_internal.super_in(text, oid, integer) RETURNS super
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS 'SELECT $1::json::super';
UPDATE pg_proc SET proargtypes = '2275 26 23', prosrc = 'SELECT pg_catalog.to_json(pg_catalog.textin($1))::pg_catalog.super'
 WHERE oid = 'pg_internal.super_in(text, oid, integer)'::regprocedure;
UPDATE pg_type SET typinput = (SELECT oid FROM pg_proc WHERE proname = 'super_in' AND pronamespace = 'pg_internal'::regnamespace)
 WHERE oid = 4000;

-- Whether the session has switched off a setting that is on, or on one that is off.
CREATE OR REPLACE FUNCTION pg_internal.is_set(name text, value boolean) RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE
RETURN lower(coalesce(current_setting('penstock.' || name, true), '')) =
       ANY (CASE WHEN value THEN ARRAY['on', 'true', '1', 'yes'] ELSE ARRAY['off', 'false', '0', 'no'] END);

-- Spacing outside of strings goes. E'…', because a client's session reads other literals in its own way.
CREATE OR REPLACE FUNCTION pg_catalog.json_parse(document varchar) RETURNS super
LANGUAGE plpgsql STABLE STRICT PARALLEL RESTRICTED SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF octet_length(document) > 16777216 THEN
    RAISE EXCEPTION 'String value exceeds the max size of 16777216 bytes' USING ERRCODE = 'PSR01';
  END IF;
  RETURN postgresql_regexp_replace(document::json::text, E'("(?:[^"\\\\]|\\\\.)*")|[ \\t\\r\\n]+', E'\\1', 'g')::json::super;
EXCEPTION WHEN invalid_text_representation THEN
  IF pg_internal.is_set('parse_super_null_on_error', true) THEN
    RETURN NULL;
  END IF;
  RAISE EXCEPTION 'Invalid input' USING ERRCODE = 'XX000', DETAIL = 'JSON_PARSE() error: ' || left(document, 100);
END $$;

CREATE OR REPLACE FUNCTION pg_catalog.json_serialize(value super) RETURNS varchar
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN value::json::text::varchar;

-- Scalars into SUPER.
CREATE OR REPLACE FUNCTION pg_internal.super_of(value text) RETURNS super
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN to_json(value)::super;
CREATE OR REPLACE FUNCTION pg_internal.super_of(value bigint) RETURNS super
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN to_json(value)::super;
CREATE OR REPLACE FUNCTION pg_internal.super_of(value integer) RETURNS super
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN to_json(value)::super;
CREATE OR REPLACE FUNCTION pg_internal.super_of(value smallint) RETURNS super
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN to_json(value)::super;
CREATE OR REPLACE FUNCTION pg_internal.super_of(value numeric) RETURNS super
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN to_json(value)::super;
CREATE OR REPLACE FUNCTION pg_internal.super_of(value double precision) RETURNS super
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN to_json(value)::super;
CREATE OR REPLACE FUNCTION pg_internal.super_of(value real) RETURNS super
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN to_json(value)::super;
CREATE OR REPLACE FUNCTION pg_internal.super_of(value boolean) RETURNS super
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN to_json(value)::super;

-- And out of it: the scalar that it is, cast as that would be. What can't be is NULL, or an error where the session has
-- cast_super_null_on_error off.
-- Where a row's values go through, functions are of plpgsql: one of SQL is set up anew for each call that isn't inlined.
CREATE OR REPLACE FUNCTION pg_internal.super_cast_failed(type text) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF pg_internal.is_set('cast_super_null_on_error', false) THEN
    RAISE EXCEPTION 'Invalid cast of a SUPER value to %', type USING ERRCODE = 'PSR01';
  END IF;
  RETURN NULL;
END $$;
CREATE OR REPLACE FUNCTION pg_catalog.penstock_super_cast_failed(type text) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE RETURN pg_internal.super_cast_failed(type);

CREATE OR REPLACE FUNCTION pg_internal.super_is(value super, kind text) RETURNS boolean
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN json_typeof(value::json) = kind;
-- The text of a scalar.
CREATE OR REPLACE FUNCTION pg_internal.super_text(value super) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN value::json #>> '{}';
-- The number that it is, if it is one.
CREATE OR REPLACE FUNCTION pg_internal.super_number(value super) RETURNS numeric
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN CASE WHEN json_typeof(value::json) = 'number' THEN (value::json #>> '{}')::numeric END;

CREATE OR REPLACE FUNCTION pg_internal.text_of(value super) RETURNS text
LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE AS $$
BEGIN
  RETURN CASE json_typeof(value::json) WHEN 'null' THEN NULL
                                       WHEN 'array' THEN pg_catalog.penstock_super_cast_failed('varchar')
                                       WHEN 'object' THEN pg_catalog.penstock_super_cast_failed('varchar')
                                       ELSE value::json #>> '{}' END;
END $$;
CREATE OR REPLACE FUNCTION pg_internal.numeric_of(value super) RETURNS numeric
LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE AS $$
DECLARE
  kind text := json_typeof(value::json);
  content text := value::json #>> '{}';
BEGIN
  IF kind = 'number' OR (kind = 'string' AND
                         content ~ E'^ *[-+]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][-+]?[0-9]{1,4})? *$') THEN
    RETURN content::numeric;
  END IF;
  RETURN CASE WHEN kind <> 'null' THEN pg_catalog.penstock_super_cast_failed('numeric')::numeric END;
END $$;
CREATE OR REPLACE FUNCTION pg_internal.double_of(value super) RETURNS double precision
LANGUAGE sql STABLE STRICT PARALLEL SAFE
RETURN CASE WHEN abs(pg_internal.numeric_of(value)) > 1.7976931348623157e308
            THEN pg_internal.super_cast_failed('double precision')::double precision
            ELSE pg_internal.numeric_of(value)::double precision END;
CREATE OR REPLACE FUNCTION pg_internal.real_of(value super) RETURNS real
LANGUAGE sql STABLE STRICT PARALLEL SAFE
RETURN CASE WHEN abs(pg_internal.numeric_of(value)) > 3.4028234e38 THEN pg_internal.super_cast_failed('real')::real
            ELSE pg_internal.numeric_of(value)::double precision::real END;
-- Digits behind the point of a number are rounded, those of a string make it no integer; true is 1.
CREATE OR REPLACE FUNCTION pg_internal.integer_between(value super, lowest numeric, highest numeric, type text)
RETURNS bigint LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE AS $$
DECLARE
  kind text := json_typeof(value::json);
  content text := value::json #>> '{}';
BEGIN
  IF kind = 'boolean' THEN
    RETURN content::boolean::integer;
  ELSIF kind = 'number' OR (kind = 'string' AND content ~ '^ *[-+]?[0-9]+ *$') THEN
    IF content::numeric BETWEEN lowest AND highest THEN
      RETURN content::numeric::bigint;
    END IF;
  END IF;
  RETURN CASE WHEN kind <> 'null' THEN pg_catalog.penstock_super_cast_failed(type)::bigint END;
END $$;
CREATE OR REPLACE FUNCTION pg_internal.bigint_of(value super) RETURNS bigint
LANGUAGE sql STABLE STRICT PARALLEL SAFE
RETURN pg_internal.integer_between(value, -9223372036854775808, 9223372036854775807, 'bigint');
CREATE OR REPLACE FUNCTION pg_internal.integer_of(value super) RETURNS integer
LANGUAGE sql STABLE STRICT PARALLEL SAFE
RETURN pg_internal.integer_between(value, -2147483648, 2147483647, 'integer')::integer;
CREATE OR REPLACE FUNCTION pg_internal.smallint_of(value super) RETURNS smallint
LANGUAGE sql STABLE STRICT PARALLEL SAFE
RETURN pg_internal.integer_between(value, -32768, 32767, 'smallint')::smallint;
-- An integer is true or false, as it is when cast; other numbers and strings are neither.
CREATE OR REPLACE FUNCTION pg_internal.boolean_of(value super) RETURNS boolean
LANGUAGE sql STABLE STRICT PARALLEL SAFE
RETURN CASE WHEN json_typeof(value::json) = 'null' THEN NULL
            WHEN json_typeof(value::json) = 'boolean' THEN pg_internal.super_text(value)::boolean
            WHEN json_typeof(value::json) = 'number' AND pg_internal.super_text(value) ~ '^-?[0-9]+$'
            THEN pg_internal.super_text(value)::numeric <> 0
            ELSE pg_internal.super_cast_failed('boolean')::boolean END;
DO $$
DECLARE
  type text;
BEGIN
  FOREACH type IN ARRAY ARRAY['date', 'timestamp', 'timestamptz', 'time', 'timetz'] LOOP
    EXECUTE format($f$
      CREATE OR REPLACE FUNCTION pg_internal.%1$s_of(value super) RETURNS %1$s
      LANGUAGE plpgsql STABLE STRICT PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $b$
      BEGIN
        IF json_typeof(value::json) = 'string' THEN
          RETURN (value::json #>> '{}')::%1$s;
        END IF;
        RETURN CASE WHEN json_typeof(value::json) <> 'null' THEN pg_internal.super_cast_failed('%1$s')::%1$s END;
      EXCEPTION WHEN data_exception THEN
        RETURN pg_internal.super_cast_failed('%1$s')::%1$s;
      END $b$ $f$, type);
  END LOOP;
END $$;

DELETE FROM pg_cast WHERE (castsource = 4000 OR casttarget = 4000) AND castmethod = 'f';
INSERT INTO pg_cast (oid, castsource, casttarget, castfunc, castcontext, castmethod)
SELECT pg_nextoid('pg_cast', 'oid', 'pg_cast_oid_index'), type::regtype, 4000,
       format('pg_internal.super_of(%s)', replace(type, 'varchar', 'text'))::regprocedure, 'a', 'f'
  FROM unnest(ARRAY['text', 'varchar', 'bigint', 'integer', 'smallint', 'numeric', 'double precision', 'real', 'boolean']) type
UNION ALL
SELECT pg_nextoid('pg_cast', 'oid', 'pg_cast_oid_index'), 4000, type::regtype,
       format('pg_internal.%s_of(super)', function)::regprocedure, 'e', 'f'
  FROM (VALUES ('text', 'text'), ('varchar', 'text'), ('bpchar', 'text'), ('numeric', 'numeric'), ('bigint', 'bigint'),
               ('integer', 'integer'), ('smallint', 'smallint'), ('double precision', 'double'), ('real', 'real'),
               ('boolean', 'boolean'), ('date', 'date'), ('timestamp', 'timestamp'), ('timestamptz', 'timestamptz'),
               ('time', 'time'), ('timetz', 'timetz')) c (type, function);

-- One step of a path. What isn't there is NULL, or an error where the session has navigate_super_null_on_error off.
-- Arrays of the catalog, which Redshift has too, are read by the same text.
CREATE OR REPLACE FUNCTION pg_internal.super_navigation_failed(step text) RETURNS super
LANGUAGE plpgsql STABLE PARALLEL SAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF pg_internal.is_set('navigate_super_null_on_error', false) THEN
    RAISE EXCEPTION 'Invalid navigation of a SUPER value' USING ERRCODE = 'PSR01', DETAIL = 'there is no ' || step;
  END IF;
  RETURN NULL;
END $$;
CREATE OR REPLACE FUNCTION pg_catalog.penstock_super_navigation_failed(step text) RETURNS super
LANGUAGE sql STABLE PARALLEL SAFE RETURN pg_internal.super_navigation_failed(step);
CREATE OR REPLACE FUNCTION pg_catalog.penstock_element(value super, place bigint) RETURNS super
LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE AS $$
DECLARE
  found json;
BEGIN
  IF json_typeof(value::json) = 'array' AND place BETWEEN 0 AND 2147483647 THEN
    found := value::json -> place::integer;
  END IF;
  IF found IS NULL THEN
    RETURN pg_catalog.penstock_super_navigation_failed('[' || place || ']');
  END IF;
  RETURN found::super;
END $$;
CREATE OR REPLACE FUNCTION pg_catalog.penstock_element(value anyarray, place bigint) RETURNS anyelement
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS 'SELECT $1[$2::integer]';
CREATE OR REPLACE FUNCTION pg_catalog.penstock_attribute(value super, name text) RETURNS super
LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE AS $$
DECLARE
  found json;
BEGIN
  IF json_typeof(value::json) = 'object' THEN
    found := value::json -> name;
  END IF;
  IF found IS NULL THEN
    RETURN pg_catalog.penstock_super_navigation_failed('attribute ' || name);
  END IF;
  RETURN found::super;
END $$;
-- As the name is written, where the session tells capitals apart.
CREATE OR REPLACE FUNCTION pg_catalog.penstock_attribute(value super, folded text, written text) RETURNS super
LANGUAGE sql STABLE STRICT PARALLEL SAFE
RETURN pg_catalog.penstock_attribute(
  value, CASE WHEN pg_internal.is_set('enable_case_sensitive_super_attribute', true) THEN written ELSE folded END);

-- FROM t, t.list AS x [AT place], UNPIVOT t.object AS value AT attribute: nothing of what is no array, no object.
CREATE OR REPLACE FUNCTION pg_catalog.penstock_unnest(value super) RETURNS SETOF super
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE ROWS 10
BEGIN ATOMIC
  SELECT element::super
    FROM json_array_elements(CASE WHEN json_typeof(value::json) = 'array' THEN value::json END) element;
END;
CREATE OR REPLACE FUNCTION pg_catalog.penstock_unnest_at(value super) RETURNS TABLE (element super, place bigint)
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE ROWS 10
BEGIN ATOMIC
  SELECT e.element::super, e.place - 1
    FROM json_array_elements(CASE WHEN json_typeof(value::json) = 'array' THEN value::json END)
         WITH ORDINALITY e (element, place);
END;
CREATE OR REPLACE FUNCTION pg_catalog.penstock_unpivot(value super) RETURNS TABLE (content super, attribute varchar)
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE ROWS 10
BEGIN ATOMIC
  SELECT e.value::super, e.key::varchar
    FROM json_each(CASE WHEN json_typeof(value::json) = 'object' THEN value::json END) e;
END;
CREATE OR REPLACE FUNCTION pg_catalog.unnest(value super) RETURNS SETOF super
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE ROWS 10
BEGIN ATOMIC
  SELECT element FROM pg_catalog.penstock_unnest(value) element;
END;
