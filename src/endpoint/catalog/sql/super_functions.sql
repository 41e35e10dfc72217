-- Redshift's functions of SUPER.

-- What a value is: false of NULL. An integer is a decimal, too; a number with an exponent is a float.
CREATE OR REPLACE FUNCTION pg_catalog.json_typeof(value super) RETURNS varchar
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN json_typeof(value::json)::varchar;
DO $$
DECLARE
  name text;
  condition text;
BEGIN
  FOR name, condition IN
    VALUES ('is_array', 'json_typeof($1::json) = ''array'''),
           ('is_object', 'json_typeof($1::json) = ''object'''),
           ('is_scalar', 'json_typeof($1::json) IN (''boolean'', ''number'', ''string'')'),
           ('is_boolean', 'json_typeof($1::json) = ''boolean'''),
           ('is_varchar', 'json_typeof($1::json) = ''string'''),
           ('is_char', 'json_typeof($1::json) = ''string'' AND octet_length($1::json #>> ''{}'') = length($1::json #>> ''{}'')'),
           ('is_smallint', 'pg_internal.super_is_integer($1) AND pg_internal.super_number($1) BETWEEN -32768 AND 32767'),
           ('is_integer', 'pg_internal.super_is_integer($1) AND pg_internal.super_number($1) BETWEEN -2147483648 AND 2147483647'),
           ('is_bigint', 'pg_internal.super_is_integer($1) AND pg_internal.super_number($1) '
                         'BETWEEN -9223372036854775808 AND 9223372036854775807'),
           ('is_decimal', 'json_typeof($1::json) = ''number'' AND $1::json::text ~ ''^-?[0-9]+([.][0-9]+)?$'' '
                          'AND pg_internal.super_precision($1) <= 38'),
           ('is_float', 'json_typeof($1::json) = ''number'' AND $1::json::text ~ ''[eE]''')
  LOOP
    IF name = 'is_decimal' THEN  -- digits that count, and those behind the point
      CREATE OR REPLACE FUNCTION pg_internal.super_precision(value super) RETURNS integer
      LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
      RETURN greatest(length(ltrim(translate(value::json::text, '-.', ''), '0')), scale(pg_internal.super_number(value)), 1);
    END IF;
    EXECUTE format('CREATE OR REPLACE FUNCTION pg_catalog.%s(value super) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE '
                   'RETURN coalesce(%s, false)', name, condition);
  END LOOP;
END $$;
CREATE OR REPLACE FUNCTION pg_catalog.decimal_precision(value super) RETURNS integer
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN CASE WHEN pg_catalog.is_decimal(value) THEN pg_internal.super_precision(value) END;
CREATE OR REPLACE FUNCTION pg_catalog.decimal_scale(value super) RETURNS integer
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN CASE WHEN pg_catalog.is_decimal(value) THEN scale(pg_internal.super_number(value)) END;

CREATE OR REPLACE FUNCTION pg_catalog.can_json_parse(document varchar) RETURNS boolean
LANGUAGE sql STABLE STRICT PARALLEL RESTRICTED RETURN pg_internal.parsed_json(document, true) IS NOT NULL;
CREATE OR REPLACE FUNCTION pg_catalog.json_size(value super) RETURNS integer
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN octet_length(value::json::text);

-- ARRAY(…) and OBJECT(…) in a statement call these, each argument by penstock_part(); a NULL is null in what they make.
DO $$
DECLARE
  type text;
BEGIN
  FOREACH type IN ARRAY ARRAY['text', 'smallint', 'integer', 'bigint', 'numeric', 'double precision', 'real', 'boolean'] LOOP
    EXECUTE format('CREATE OR REPLACE FUNCTION pg_catalog.penstock_part(value %s) RETURNS json LANGUAGE sql IMMUTABLE STRICT '
                   'PARALLEL SAFE RETURN to_json(value)', type);
  END LOOP;
END $$;
CREATE OR REPLACE FUNCTION pg_catalog.penstock_part(value super) RETURNS json
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN value::json;
CREATE OR REPLACE FUNCTION pg_internal.super_of_parts(parts text[], first text, last text) RETURNS super
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (first || array_to_string(parts, ',') || last)::json::super;
CREATE OR REPLACE FUNCTION pg_catalog."array"(VARIADIC parts json[]) RETURNS super
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN pg_internal.super_of_parts(ARRAY(SELECT coalesce(part::text, 'null') FROM unnest(parts) WITH ORDINALITY p (part, place)
                                         ORDER BY place), '[', ']');
CREATE OR REPLACE FUNCTION pg_catalog."array"() RETURNS super
LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN '[]'::json::super;
CREATE OR REPLACE FUNCTION pg_catalog.object(VARIADIC parts json[]) RETURNS super
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  members text[] := '{}';
BEGIN
  IF cardinality(parts) % 2 = 1 THEN
    RAISE EXCEPTION 'OBJECT takes pairs of a key and a value' USING ERRCODE = '42883';
  END IF;
  FOR i IN 1 .. cardinality(parts) BY 2 LOOP
    IF parts[i] IS NULL OR json_typeof(parts[i]) <> 'string' THEN
      RAISE EXCEPTION 'a key of OBJECT is a string' USING ERRCODE = '42804';
    END IF;
    members := members || (parts[i]::text || ':' || coalesce(parts[i + 1]::text, 'null'));
  END LOOP;
  RETURN pg_internal.super_of_parts(members, '{', '}');
END $$;
CREATE OR REPLACE FUNCTION pg_catalog.object() RETURNS super
LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN '{}'::json::super;

-- Of what is no array they are NULL.
CREATE OR REPLACE FUNCTION pg_internal.elements_of(value super) RETURNS text[]
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN CASE WHEN json_typeof(value::json) = 'array'
            THEN ARRAY(SELECT element::text FROM json_array_elements(value::json) WITH ORDINALITY e (element, place)
                        ORDER BY place) END;
CREATE OR REPLACE FUNCTION pg_catalog.get_array_length(value super) RETURNS bigint
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN cardinality(pg_internal.elements_of(value));
CREATE OR REPLACE FUNCTION pg_catalog.array_concat(a super, b super) RETURNS super
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN CASE WHEN json_typeof(a::json) = 'array' AND json_typeof(b::json) = 'array'
            THEN pg_internal.super_of_parts(pg_internal.elements_of(a) || pg_internal.elements_of(b), '[', ']') END;
CREATE OR REPLACE FUNCTION pg_catalog.array_flatten(value super) RETURNS super
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN CASE WHEN json_typeof(value::json) = 'array'
            THEN pg_internal.super_of_parts(
              ARRAY(SELECT inner_element
                      FROM json_array_elements(value::json) WITH ORDINALITY e (element, place),
                           unnest(coalesce(pg_internal.elements_of(element::super), ARRAY[element::text])) WITH ORDINALITY
                             i (inner_element, inner_place)
                     ORDER BY place, inner_place), '[', ']') END;
-- From a place on, counted from 0; from the end where it is negative.
CREATE OR REPLACE FUNCTION pg_catalog.subarray(value super, place integer, length integer DEFAULT NULL) RETURNS super
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  elements text[] := pg_internal.elements_of(value);
  start bigint := CASE WHEN place < 0 THEN greatest(cardinality(elements) + place, 0) ELSE place END;
  behind bigint := least(start + greatest(coalesce(length, cardinality(elements)), 0), cardinality(elements));
BEGIN
  RETURN CASE WHEN elements IS NOT NULL AND place IS NOT NULL
              THEN pg_internal.super_of_parts(elements[start + 1 : behind], '[', ']') END;
END $$;
CREATE OR REPLACE FUNCTION pg_catalog.split_to_array(value varchar, delimiter varchar DEFAULT ',') RETURNS super
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN to_json(string_to_array(value, delimiter))::super;

-- Numbers of SUPER, and SUPER again.
DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['abs', 'ceil', 'ceiling', 'floor', 'round', 'trunc', 'sign'] LOOP
    EXECUTE format('CREATE OR REPLACE FUNCTION pg_catalog.%1$s(value super) RETURNS super LANGUAGE sql IMMUTABLE STRICT '
                   'PARALLEL SAFE RETURN pg_internal.super_of(%1$s(pg_internal.super_number(value)))', name);
  END LOOP;
  FOREACH name IN ARRAY ARRAY['round', 'trunc'] LOOP
    EXECUTE format('CREATE OR REPLACE FUNCTION pg_catalog.%1$s(value super, places integer) RETURNS super LANGUAGE sql '
                   'IMMUTABLE STRICT PARALLEL SAFE RETURN pg_internal.super_of(%1$s(pg_internal.super_number(value), places))',
                   name);
  END LOOP;
END $$;
CREATE OR REPLACE FUNCTION pg_internal.super_sum(total numeric, value super) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN pg_internal.super_number(value) IS NULL THEN total
            ELSE coalesce(total, 0) + pg_internal.super_number(value) END;
CREATE OR REPLACE AGGREGATE pg_catalog.sum(super)
  (SFUNC = pg_internal.super_sum, STYPE = numeric, FINALFUNC = pg_internal.super_of);
CREATE OR REPLACE FUNCTION pg_internal.super_mean_step(state numeric[], value super) RETURNS numeric[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN pg_internal.super_number(value) IS NULL THEN state
            ELSE ARRAY[state[1] + pg_internal.super_number(value), state[2] + 1] END;
CREATE OR REPLACE FUNCTION pg_internal.super_mean(state numeric[]) RETURNS super
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN state[2] > 0 THEN pg_internal.super_of(trim_scale(state[1] / state[2])) END;
CREATE OR REPLACE AGGREGATE pg_catalog.avg(super)
  (SFUNC = pg_internal.super_mean_step, STYPE = numeric[], INITCOND = '{0,0}', FINALFUNC = pg_internal.super_mean);
CREATE OR REPLACE FUNCTION pg_internal.super_smaller(a super, b super) RETURNS super
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN CASE WHEN pg_catalog.penstock_super_order(a, b) <= 0 THEN a ELSE b END;
CREATE OR REPLACE FUNCTION pg_internal.super_larger(a super, b super) RETURNS super
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN CASE WHEN pg_catalog.penstock_super_order(a, b) >= 0 THEN a ELSE b END;
CREATE OR REPLACE AGGREGATE pg_catalog.min(super) (SFUNC = pg_internal.super_smaller, STYPE = super);
CREATE OR REPLACE AGGREGATE pg_catalog.max(super) (SFUNC = pg_internal.super_larger, STYPE = super);
