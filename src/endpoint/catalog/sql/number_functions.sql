-- Numbers and aggregates.

-- Integers stay integers; a double is rounded to places as the decimal that it is written as.
DO $$
DECLARE
  type text;
  name text;
BEGIN
  FOREACH type IN ARRAY ARRAY['smallint', 'integer', 'bigint'] LOOP
    FOREACH name IN ARRAY ARRAY['ceil', 'ceiling', 'floor', 'round', 'trunc'] LOOP
      EXECUTE format('CREATE OR REPLACE FUNCTION pg_catalog.%1$s(%2$s) RETURNS %2$s '
                     'LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN $1', name, type);
    END LOOP;
  END LOOP;
  FOREACH name IN ARRAY ARRAY['round', 'trunc'] LOOP
    EXECUTE format('CREATE OR REPLACE FUNCTION pg_catalog.%1$s(integer, integer) RETURNS integer '
                   'LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN %1$s($1::numeric, $2)::integer', name);
    EXECUTE format('CREATE OR REPLACE FUNCTION pg_catalog.%1$s(bigint, integer) RETURNS bigint '
                   'LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN %1$s($1::numeric, $2)::bigint', name);
    EXECUTE format('CREATE OR REPLACE FUNCTION pg_catalog.%1$s(double precision, integer) RETURNS double precision '
                   'LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN %1$s($1::numeric, $2)::double precision', name);
  END LOOP;
END $$;

-- AVG of integers is a BIGINT, cut; of decimals a decimal with their places. State: how many, and their sum.
CREATE OR REPLACE FUNCTION pg_internal.avg_of_small(bigint[]) RETURNS bigint
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN $1[2] / nullif($1[1], 0);
CREATE OR REPLACE FUNCTION pg_internal.add_for_avg(numeric[], numeric) RETURNS numeric[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN $2 IS NULL THEN $1 ELSE ARRAY[$1[1] + 1, $1[2] + $2] END;
CREATE OR REPLACE FUNCTION pg_internal.add_for_avg(numeric[], bigint) RETURNS numeric[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN pg_internal.add_for_avg($1, $2::numeric);
CREATE OR REPLACE FUNCTION pg_internal.avg_of_big(numeric[]) RETURNS bigint
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN trunc($1[2] / nullif($1[1], 0))::bigint;
CREATE OR REPLACE FUNCTION pg_internal.avg_of_decimals(numeric[]) RETURNS numeric
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN round($1[2] / nullif($1[1], 0), scale($1[2]));
CREATE OR REPLACE AGGREGATE pg_catalog.avg(smallint)
  (SFUNC = int2_avg_accum, STYPE = bigint[], FINALFUNC = pg_internal.avg_of_small, INITCOND = '{0,0}');
CREATE OR REPLACE AGGREGATE pg_catalog.avg(integer)
  (SFUNC = int4_avg_accum, STYPE = bigint[], FINALFUNC = pg_internal.avg_of_small, INITCOND = '{0,0}');
CREATE OR REPLACE AGGREGATE pg_catalog.avg(bigint)
  (SFUNC = pg_internal.add_for_avg, STYPE = numeric[], FINALFUNC = pg_internal.avg_of_big, INITCOND = '{0,0}');
CREATE OR REPLACE AGGREGATE pg_catalog.avg(numeric)
  (SFUNC = pg_internal.add_for_avg, STYPE = numeric[], FINALFUNC = pg_internal.avg_of_decimals, INITCOND = '{0,0}');
CREATE OR REPLACE AGGREGATE pg_catalog.avg(real)
  (SFUNC = float4_accum, STYPE = double precision[], FINALFUNC = float8_avg, INITCOND = '{0,0,0}');
CREATE OR REPLACE AGGREGATE pg_catalog.avg(double precision)
  (SFUNC = float8_accum, STYPE = double precision[], FINALFUNC = float8_avg, INITCOND = '{0,0,0}');

CREATE OR REPLACE FUNCTION pg_internal.either(anyelement, anyelement) RETURNS anyelement
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS 'SELECT $1';
CREATE OR REPLACE AGGREGATE pg_catalog.any_value(anyelement) (SFUNC = pg_internal.either, STYPE = anyelement);

-- LISTAGG: NULL and empty texts are passed over, and nothing is NULL. The endpoint writes the delimiter where it is
-- left out.
CREATE OR REPLACE FUNCTION pg_internal.add_to_list(list text, item anyelement, delimiter text) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  added text := item;
BEGIN
  IF added IS NULL OR added = '' THEN
    RETURN list;
  END IF;
  added := CASE WHEN list IS NULL THEN added ELSE list || coalesce(delimiter, '') || added END;
  IF octet_length(added) > 65535 THEN
    RAISE EXCEPTION 'Result size exceeds LISTAGG limit' USING ERRCODE = 'PSR01', DETAIL = 'LISTAGG limit: 65535';
  END IF;
  RETURN added;
END $$;
CREATE OR REPLACE AGGREGATE pg_catalog.listagg(anyelement, text) (SFUNC = pg_internal.add_to_list, STYPE = text);

-- MEDIAN and PERCENTILE_CONT as plain aggregates, which can be windows, too: the endpoint writes WITHIN GROUP (ORDER
-- BY x) as an argument. State: the fraction, and the values behind it.
CREATE OR REPLACE FUNCTION pg_internal.add_value(kept numeric[], fraction numeric, value numeric) RETURNS numeric[]
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF value IS NOT NULL THEN
    IF cardinality(kept) = 0 THEN
      IF fraction NOT BETWEEN 0 AND 1 THEN
        RAISE EXCEPTION 'percentile value % is not between 0 and 1', fraction USING ERRCODE = '22003';
      END IF;
      kept := ARRAY[fraction];
    END IF;
    kept := array_append(kept, value);
  END IF;
  RETURN kept;
END $$;
CREATE OR REPLACE FUNCTION pg_internal.value_at(kept numeric[]) RETURNS numeric
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN (SELECT trim_scale(below + (above - below) * (place - floor(place))) + 0 * below  -- with the values' own places
          FROM (SELECT kept[1] * (cardinality(kept) - 2) AS place) p,
               LATERAL (SELECT s[floor(place)::integer + 1] AS below, s[ceil(place)::integer + 1] AS above
                          FROM (SELECT array_agg(v ORDER BY v) AS s FROM unnest(kept[2:]) v) sorted) sides
         WHERE cardinality(kept) > 1);
-- Times count as microseconds.
CREATE OR REPLACE FUNCTION pg_internal.micros(value timestamp) RETURNS numeric
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN postgresql_extract('epoch', value) * 1000000;
CREATE OR REPLACE FUNCTION pg_internal.timestamp_of_micros(numeric) RETURNS timestamp
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN timestamp 'epoch' + trunc($1 / 1000000)::double precision * interval '1 second'
       + trunc($1 % 1000000)::double precision * interval '1 microsecond';
DO $$
DECLARE
  type text[];
BEGIN
  FOREACH type SLICE 1 IN ARRAY ARRAY[
      ['numeric', 'numeric', 'value', 'pg_internal.value_at(kept)'],
      ['float8', 'double precision', 'value::numeric', 'pg_internal.value_at(kept)::double precision'],
      ['date', 'date', 'pg_internal.micros(value::timestamp)',
       'pg_internal.timestamp_of_micros(pg_internal.value_at(kept))::date'],
      ['timestamp', 'timestamp', 'pg_internal.micros(value)',
       'pg_internal.timestamp_of_micros(pg_internal.value_at(kept))'],
      ['timestamptz', 'timestamptz', 'pg_internal.micros(value AT TIME ZONE ''UTC'')',
       'pg_internal.timestamp_of_micros(pg_internal.value_at(kept)) AT TIME ZONE ''UTC''']] LOOP
    EXECUTE format($f$
      CREATE OR REPLACE FUNCTION pg_internal.add_%1$s(kept numeric[], fraction numeric, value %2$s) RETURNS numeric[]
      LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN pg_internal.add_value(kept, fraction, %3$s);
      CREATE OR REPLACE FUNCTION pg_internal.add_%1$s(kept numeric[], value %2$s) RETURNS numeric[]
      LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN pg_internal.add_value(kept, 0.5, %3$s);
      CREATE OR REPLACE FUNCTION pg_internal.middle_%1$s(kept numeric[]) RETURNS %2$s
      LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN %4$s;
      CREATE OR REPLACE AGGREGATE pg_catalog.percentile_cont(numeric, %2$s)
        (SFUNC = pg_internal.add_%1$s, STYPE = numeric[], FINALFUNC = pg_internal.middle_%1$s, INITCOND = '{}');
      CREATE OR REPLACE AGGREGATE pg_catalog.median(%2$s)
        (SFUNC = pg_internal.add_%1$s, STYPE = numeric[], FINALFUNC = pg_internal.middle_%1$s, INITCOND = '{}');
      $f$, type[1], type[2], type[3], type[4]);
  END LOOP;
  -- Integers become decimals: of the candidates a double would be taken otherwise.
  FOREACH type SLICE 1 IN ARRAY ARRAY[['smallint'], ['integer'], ['bigint']] LOOP
    EXECUTE format($f$
      CREATE OR REPLACE FUNCTION pg_internal.add_%1$s(kept numeric[], fraction numeric, value %1$s) RETURNS numeric[]
      LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN pg_internal.add_value(kept, fraction, value::numeric);
      CREATE OR REPLACE FUNCTION pg_internal.add_%1$s(kept numeric[], value %1$s) RETURNS numeric[]
      LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN pg_internal.add_value(kept, 0.5, value::numeric);
      CREATE OR REPLACE AGGREGATE pg_catalog.percentile_cont(numeric, %1$s)
        (SFUNC = pg_internal.add_%1$s, STYPE = numeric[], FINALFUNC = pg_internal.middle_numeric, INITCOND = '{}');
      CREATE OR REPLACE AGGREGATE pg_catalog.median(%1$s)
        (SFUNC = pg_internal.add_%1$s, STYPE = numeric[], FINALFUNC = pg_internal.middle_numeric, INITCOND = '{}');
      $f$, type[1]);
  END LOOP;
END $$;

-- RATIO_TO_REPORT(x) OVER (…): the endpoint gives it the window's sum.
CREATE OR REPLACE FUNCTION pg_catalog.ratio_to_report(double precision, double precision) RETURNS double precision
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN $1 / nullif($2, 0);
