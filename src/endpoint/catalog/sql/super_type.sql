-- SUPER: a document or a part of one, kept as the text of its JSON without the spacing, so that numbers keep their digits
-- and objects their order. Its number among the types is Redshift's own.
DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_type WHERE oid = 4000) THEN
    -- As json, but for how a literal becomes one: PostgreSQL has no function that takes it as the string it is in Redshift,
    -- so that it is refused, and never taken for the document that it may look like.
    INSERT INTO pg_type
    SELECT (json_populate_record(t, json_build_object('oid', 4000, 'typname', 'super', 'typarray', 0,
                                                      'typinput', 'anynonarray_in'))).*
      FROM pg_type t WHERE t.oid = 'json'::regtype;
    INSERT INTO pg_cast (oid, castsource, casttarget, castfunc, castcontext, castmethod)
    SELECT pg_nextoid('pg_cast', 'oid', 'pg_cast_oid_index'), source, target, 0, 'e', 'b'
      FROM (VALUES ('json'::regtype, 4000), (4000, 'json'::regtype)) c (source, target);
  END IF;
END $$;

-- Spacing outside of strings goes. E'…', because a client's session reads other literals in its own way.
CREATE OR REPLACE FUNCTION pg_catalog.json_parse(document varchar) RETURNS super
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RETURN postgresql_regexp_replace(document::json::text, E'("(?:[^"\\\\]|\\\\.)*")|[ \\t\\r\\n]+', E'\\1', 'g')::json::super;
EXCEPTION WHEN invalid_text_representation THEN
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
CREATE OR REPLACE FUNCTION pg_internal.super_of(value boolean) RETURNS super
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN to_json(value)::super;

-- And out of it: NULL for what is no such scalar (cast_super_null_on_error is on).
CREATE OR REPLACE FUNCTION pg_internal.text_of(value super) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN CASE WHEN json_typeof(value::json) IN ('string', 'number', 'boolean') THEN value::json #>> '{}' END;
CREATE OR REPLACE FUNCTION pg_internal.numeric_of(value super) RETURNS numeric
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN CASE WHEN json_typeof(value::json) = 'number' THEN (value::json #>> '{}')::numeric END;
CREATE OR REPLACE FUNCTION pg_internal.bigint_of(value super) RETURNS bigint
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN CASE WHEN pg_internal.numeric_of(value) BETWEEN -9223372036854775808 AND 9223372036854775807
            THEN pg_internal.numeric_of(value)::bigint END;
CREATE OR REPLACE FUNCTION pg_internal.integer_of(value super) RETURNS integer
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN CASE WHEN pg_internal.bigint_of(value) BETWEEN -2147483648 AND 2147483647
            THEN pg_internal.bigint_of(value)::integer END;
CREATE OR REPLACE FUNCTION pg_internal.double_of(value super) RETURNS double precision
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN pg_internal.numeric_of(value)::double precision;
CREATE OR REPLACE FUNCTION pg_internal.boolean_of(value super) RETURNS boolean
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN CASE WHEN json_typeof(value::json) = 'boolean' THEN (value::json #>> '{}')::boolean END;

DELETE FROM pg_cast WHERE (castsource = 4000 OR casttarget = 4000) AND castmethod = 'f';
INSERT INTO pg_cast (oid, castsource, casttarget, castfunc, castcontext, castmethod)
SELECT pg_nextoid('pg_cast', 'oid', 'pg_cast_oid_index'), source, target, function, context, 'f'
  FROM (VALUES ('text'::regtype::oid, 4000::oid, 'pg_internal.super_of(text)'::regprocedure::oid, 'a'::"char"),
               ('varchar'::regtype, 4000, 'pg_internal.super_of(text)'::regprocedure, 'a'),
               ('bigint'::regtype, 4000, 'pg_internal.super_of(bigint)'::regprocedure, 'a'),
               ('integer'::regtype, 4000, 'pg_internal.super_of(integer)'::regprocedure, 'a'),
               ('smallint'::regtype, 4000, 'pg_internal.super_of(smallint)'::regprocedure, 'a'),
               ('numeric'::regtype, 4000, 'pg_internal.super_of(numeric)'::regprocedure, 'a'),
               ('double precision'::regtype, 4000, 'pg_internal.super_of(double precision)'::regprocedure, 'a'),
               ('boolean'::regtype, 4000, 'pg_internal.super_of(boolean)'::regprocedure, 'a'),
               (4000, 'text'::regtype, 'pg_internal.text_of(super)'::regprocedure, 'e'),
               (4000, 'varchar'::regtype, 'pg_internal.text_of(super)'::regprocedure, 'e'),
               (4000, 'numeric'::regtype, 'pg_internal.numeric_of(super)'::regprocedure, 'e'),
               (4000, 'bigint'::regtype, 'pg_internal.bigint_of(super)'::regprocedure, 'e'),
               (4000, 'integer'::regtype, 'pg_internal.integer_of(super)'::regprocedure, 'e'),
               (4000, 'double precision'::regtype, 'pg_internal.double_of(super)'::regprocedure, 'e'),
               (4000, 'boolean'::regtype, 'pg_internal.boolean_of(super)'::regprocedure, 'e'))
         c (source, target, function, context);

-- One step of a path: NULL where there is no such thing (navigate_super_null_on_error is on). Arrays of the catalog, which
-- Redshift has too, are read by the same text.
CREATE OR REPLACE FUNCTION pg_catalog.penstock_element(value super, place bigint) RETURNS super
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN CASE WHEN json_typeof(value::json) = 'array' AND place BETWEEN 0 AND 2147483647
            THEN (value::json -> place::integer)::super END;
CREATE OR REPLACE FUNCTION pg_catalog.penstock_element(value anyarray, place bigint) RETURNS anyelement
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS 'SELECT $1[$2::integer]';
CREATE OR REPLACE FUNCTION pg_catalog.penstock_attribute(value super, name text) RETURNS super
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN CASE WHEN json_typeof(value::json) = 'object' THEN (value::json -> name)::super END;
