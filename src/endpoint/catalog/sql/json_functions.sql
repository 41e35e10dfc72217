-- JSON in texts. PSR01 tells the endpoint that an error is Redshift's own, the detail its context.
CREATE OR REPLACE FUNCTION pg_internal.parsed_json(source text, null_if_invalid boolean) RETURNS json
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RETURN source::json;
EXCEPTION WHEN data_exception THEN
  IF null_if_invalid THEN
    RETURN NULL;
  END IF;
  RAISE EXCEPTION 'JSON parsing error' USING ERRCODE = 'PSR01', DETAIL = 'invalid json object ' || left(source, 200);
END $$;

CREATE OR REPLACE FUNCTION pg_catalog.is_valid_json(text) RETURNS boolean LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN coalesce(json_typeof(pg_internal.parsed_json($1, true)) = 'object', false);
CREATE OR REPLACE FUNCTION pg_catalog.is_valid_json_array(text) RETURNS boolean
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN coalesce(json_typeof(pg_internal.parsed_json($1, true)) = 'array', false);

-- What is not there is an empty text; a JSON null is NULL.
CREATE OR REPLACE FUNCTION pg_internal.json_member(source text, path text[], null_if_invalid boolean) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  value json := pg_internal.parsed_json(source, null_if_invalid);
  name text;
BEGIN
  IF value IS NULL THEN
    RETURN NULL;
  END IF;
  FOREACH name IN ARRAY path[: cardinality(path) - 1] LOOP
    value := CASE json_typeof(value) WHEN 'object' THEN value -> name END;
  END LOOP;
  name := path[cardinality(path)];
  IF value IS NULL OR json_typeof(value) <> 'object' OR value -> name IS NULL THEN
    RETURN '';
  END IF;
  RETURN value ->> name;
END $$;
DO $$
BEGIN
  FOR n IN 1 .. 5 LOOP
    EXECUTE format($f$
      CREATE OR REPLACE FUNCTION pg_catalog.json_extract_path_text(source text, %1$s) RETURNS text
      LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN pg_internal.json_member(source, ARRAY[%2$s], false);
      CREATE OR REPLACE FUNCTION pg_catalog.json_extract_path_text(source text, %1$s, null_if_invalid boolean) RETURNS text
      LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN pg_internal.json_member(source, ARRAY[%2$s], null_if_invalid);
      $f$, (SELECT string_agg(format('p%s text', i), ', ') FROM generate_series(1, n) i),
      (SELECT string_agg(format('p%s', i), ', ') FROM generate_series(1, n) i));
  END LOOP;
END $$;

CREATE OR REPLACE FUNCTION pg_internal.json_array(source text, null_if_invalid boolean) RETURNS json
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  value json := pg_internal.parsed_json(source, null_if_invalid);
BEGIN
  IF value IS NULL OR json_typeof(value) = 'array' THEN
    RETURN value;
  ELSIF null_if_invalid THEN
    RETURN NULL;
  END IF;
  RAISE EXCEPTION 'JSON parsing error' USING ERRCODE = 'PSR01', DETAIL = 'invalid json array object ' || left(source, 200);
END $$;
CREATE OR REPLACE FUNCTION pg_catalog.json_extract_array_element_text(source text, place integer,
                                                                      null_if_invalid boolean DEFAULT false)
RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  value json := pg_internal.json_array(source, null_if_invalid);
BEGIN
  RETURN CASE WHEN value IS NULL THEN NULL
              WHEN place < 0 OR value -> place IS NULL THEN ''
              ELSE value ->> place END;
END $$;
CREATE OR REPLACE FUNCTION pg_catalog.json_array_length(source text, null_if_invalid boolean DEFAULT false)
RETURNS integer LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN postgresql_json_array_length(pg_internal.json_array(source, null_if_invalid));
