-- Strings.
CREATE OR REPLACE FUNCTION pg_catalog.len(text) RETURNS integer LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN length($1);
CREATE OR REPLACE FUNCTION pg_catalog.len(bytea) RETURNS integer LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN length($1);
CREATE OR REPLACE FUNCTION pg_catalog.charindex(text, text) RETURNS integer LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN strpos($2, $1);
CREATE OR REPLACE FUNCTION pg_catalog.replicate(text, integer) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN repeat($1, $2);
CREATE OR REPLACE FUNCTION pg_catalog.concat(text, text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN $1 || $2;
CREATE OR REPLACE FUNCTION pg_catalog.chr(integer) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN CASE WHEN $1 BETWEEN 1 AND 127 THEN postgresql_chr($1) END;
CREATE OR REPLACE FUNCTION pg_catalog.quote_literal(text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN '''' || replace(replace($1, E'\\', E'\\\\'), '''', '''''') || '''';
CREATE OR REPLACE FUNCTION pg_catalog.db_collation() RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN 'case_sensitive';

-- 'a' + 'b'
DO $$
BEGIN
  IF to_regoperator('pg_catalog.+(text, text)') IS NULL THEN
    CREATE OPERATOR pg_catalog.+ (LEFTARG = text, RIGHTARG = text, FUNCTION = textcat);
  END IF;
END $$;

CREATE OR REPLACE FUNCTION pg_catalog.split_part(text, text, integer) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF $3 < 1 THEN
    RAISE EXCEPTION 'field position must be greater than zero' USING ERRCODE = '22023';
  END IF;
  RETURN postgresql_split_part($1, $2, $3);
END $$;

-- fuzzystrmatch knows both, and is kept out of the clients' sight.
CREATE EXTENSION IF NOT EXISTS fuzzystrmatch SCHEMA pg_internal;
CREATE OR REPLACE FUNCTION pg_catalog.soundex(text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN pg_internal.soundex($1);
CREATE OR REPLACE FUNCTION pg_catalog.difference(text, text) RETURNS integer LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN pg_internal.difference($1, $2);

-- Regular expressions: PostgreSQL's advanced ones know what both of Redshift's dialects know. Of the parameters 'c' and
-- 'i' are PostgreSQL's, too; 'e' asks for the first group; 'p' (PCRE) is needed for nothing else here than to write
-- groups as $1.
CREATE OR REPLACE FUNCTION pg_internal.regexp_flags(parameters text) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF parameters !~ '^[ciep]*$' THEN
    RAISE EXCEPTION 'invalid regular expression parameters: "%"', parameters USING ERRCODE = '22023';
  END IF;
  RETURN CASE WHEN parameters ~ 'i[^c]*$' THEN 'i' ELSE 'c' END;
END $$;
CREATE OR REPLACE FUNCTION pg_catalog.regexp_replace(source text, pattern text, replacement text DEFAULT '',
                                                     position_ integer DEFAULT 1, parameters text DEFAULT 'c')
RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN CASE WHEN position_ > length(source) THEN source
            ELSE postgresql_regexp_replace(
              source, pattern,
              CASE WHEN strpos(parameters, 'p') > 0
                   THEN postgresql_regexp_replace(replacement, '\$([0-9])', E'\\\\\\1', 'g') ELSE replacement END,
              position_, 0, pg_internal.regexp_flags(parameters)) END;
CREATE OR REPLACE FUNCTION pg_catalog.regexp_substr(source text, pattern text, position_ integer DEFAULT 1,
                                                    occurrence integer DEFAULT 1, parameters text DEFAULT 'c')
RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN CASE WHEN occurrence < 1 OR occurrence > greatest(length(source), 1) THEN NULL
            WHEN position_ < 1 OR position_ > length(source) THEN ''
            ELSE coalesce(postgresql_regexp_substr(source, pattern, position_, occurrence,
                                                   pg_internal.regexp_flags(parameters),
                                                   CASE WHEN strpos(parameters, 'e') > 0 THEN 1 ELSE 0 END), '') END;
CREATE OR REPLACE FUNCTION pg_catalog.regexp_instr(source text, pattern text, position_ integer DEFAULT 1,
                                                   occurrence integer DEFAULT 1, option integer DEFAULT 0,
                                                   parameters text DEFAULT 'c')
RETURNS integer LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN CASE WHEN occurrence < 1 OR position_ > length(source) THEN 0
            ELSE postgresql_regexp_instr(source, pattern, position_, occurrence, CASE WHEN option = 0 THEN 0 ELSE 1 END,
                                         pg_internal.regexp_flags(parameters),
                                         CASE WHEN strpos(parameters, 'e') > 0 THEN 1 ELSE 0 END) END;
CREATE OR REPLACE FUNCTION pg_catalog.regexp_count(source text, pattern text, position_ integer DEFAULT 1,
                                                   parameters text DEFAULT 'c')
RETURNS integer LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN CASE WHEN position_ > length(source) THEN 0
            ELSE postgresql_regexp_count(source, pattern, position_, pg_internal.regexp_flags(parameters)) END;

-- An integer in any base from 2 to 36: blanks before it, a sign, and 0x in base 16.
CREATE OR REPLACE FUNCTION pg_catalog.strtol(source text, base integer) RETURNS bigint
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  digits text := lower(ltrim(source, E' \t\r\n'));
  negative boolean := digits LIKE '-%';
  value numeric := 0;
  digit integer;
BEGIN
  IF base NOT BETWEEN 2 AND 36 THEN
    RAISE EXCEPTION 'The base % is not between 2 and 36', base USING ERRCODE = '22023';
  END IF;
  digits := regexp_replace(digits, '^[+-]');
  IF base = 16 THEN
    digits := regexp_replace(digits, '^0x');
  END IF;
  FOR i IN 1 .. length(digits) LOOP
    digit := strpos(left('0123456789abcdefghijklmnopqrstuvwxyz', base), substr(digits, i, 1)) - 1;
    IF digit < 0 THEN
      RAISE EXCEPTION 'The input % is not valid to be converted to base %', source, base USING ERRCODE = '22023';
    END IF;
    value := value * base + digit;
  END LOOP;
  value := CASE WHEN negative THEN -value ELSE value END;
  IF value NOT BETWEEN -9223372036854775808 AND 9223372036854775807 THEN
    RAISE EXCEPTION 'The input % is out of range', source USING ERRCODE = '22003';
  END IF;
  RETURN value;
END $$;

-- '123-' is -123, and an empty text nothing.
CREATE OR REPLACE FUNCTION pg_catalog.text_to_numeric_alt(source text) RETURNS numeric
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN CASE WHEN btrim(source) = '' THEN 0
            WHEN btrim(source) LIKE '%-' THEN -(left(btrim(source), -1))::numeric
            ELSE btrim(source)::numeric END;
CREATE OR REPLACE FUNCTION pg_catalog.text_to_int_alt(source text) RETURNS integer
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN text_to_numeric_alt(source)::integer;


CREATE OR REPLACE FUNCTION pg_catalog.to_hex(bytea) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN encode($1, 'hex');

-- TRY_CAST(source AS type), the type as a NULL of it: NULL where the cast fails.
CREATE OR REPLACE FUNCTION pg_catalog.penstock_try_cast(source text, type_name text, type_ anyelement)
RETURNS anyelement LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
  value type_%TYPE;
BEGIN
  EXECUTE pg_catalog.format('SELECT ($1)::%s', type_name) INTO value USING source;
  RETURN value;
EXCEPTION WHEN data_exception THEN
  RETURN NULL;
END $$;
