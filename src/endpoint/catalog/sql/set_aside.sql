-- PostgreSQL's own functions whose names mean something else to Redshift: they keep their numbers, by which its views
-- call them, and get other names, so that those of Redshift can take theirs. Ours call them by the new ones.
CREATE OR REPLACE FUNCTION pg_internal.set_aside(name text, arguments text[] DEFAULT NULL) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
  UPDATE pg_proc SET proname = 'postgresql_' || name
   WHERE pronamespace = 'pg_catalog'::regnamespace AND proname = name AND oid < 16384  -- made by initdb
     AND (arguments IS NULL OR pg_get_function_identity_arguments(oid) = ANY (arguments))
$$;

-- other results for the same arguments
SELECT pg_internal.set_aside(name)
  FROM unnest(ARRAY['chr', 'concat', 'date_part', 'date_trunc', 'extract', 'json_array_length',
                    'json_extract_path_text', 'quote_literal', 'regexp_count', 'regexp_instr', 'regexp_replace',
                    'regexp_substr', 'split_part', 'to_date', 'to_timestamp', 'avg', 'percentile_cont']) name;

-- Redshift computes these in double precision: an integer or a decimal is converted to it.
SELECT pg_internal.set_aside(name, ARRAY['smallint', 'integer', 'bigint', 'numeric', 'real', 'numeric, numeric'])
  FROM unnest(ARRAY['exp', 'ln', 'log', 'pow', 'power', 'sqrt', 'stddev', 'stddev_pop', 'stddev_samp', 'var_pop',
                    'var_samp', 'variance']) name;
