-- SUPER compares by what it is at the moment. Of two kinds none is equal to another, and none is smaller (NULL); in an
-- ORDER BY, which needs an answer, they come as boolean, number, string, array, object. Arrays and objects are equal when
-- all that is in them is.
CREATE OR REPLACE FUNCTION pg_catalog.penstock_super_order(a super, b super) RETURNS integer
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  kind_a text := json_typeof(a::json);
  kind_b text := json_typeof(b::json);
BEGIN
  IF kind_a <> kind_b THEN
    RETURN sign(position(kind_a in 'boolean number string array object null') -
                position(kind_b in 'boolean number string array object null'));
  ELSIF kind_a = 'string' THEN
    RETURN bpcharcmp((a::json #>> '{}')::bpchar, (b::json #>> '{}')::bpchar);
  ELSIF kind_a = 'number' THEN
    RETURN numeric_cmp((a::json #>> '{}')::numeric, (b::json #>> '{}')::numeric);
  ELSE
    RETURN jsonb_cmp(a::json::jsonb, b::json::jsonb);
  END IF;
END $$;
CREATE OR REPLACE FUNCTION pg_internal.super_hash(value super) RETURNS integer
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
  RETURN CASE json_typeof(value::json) WHEN 'string' THEN hashbpchar((value::json #>> '{}')::bpchar)
                                       WHEN 'number' THEN hash_numeric((value::json #>> '{}')::numeric)
                                       ELSE jsonb_hash(value::json::jsonb) END;
END $$;
-- NULL where no order is.
CREATE OR REPLACE FUNCTION pg_catalog.penstock_super_difference(a super, b super) RETURNS integer
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
  RETURN CASE WHEN json_typeof(a::json) = json_typeof(b::json) THEN pg_catalog.penstock_super_order(a, b) END;
END $$;

DO $$
DECLARE
  name text;
  sign text;
  measure text;
  commutator text;
  negator text;
  estimate text;
  details text;
  type text;
  other text;
BEGIN
  FOR name, sign, measure, commutator, negator, estimate, details IN
    VALUES ('eq', '=', 'order', '=', '<>', 'eq', 'HASHES, MERGES, '), ('ne', '<>', 'order', '<>', '=', 'neq', ''),
           ('lt', '<', 'difference', '>', '>=', 'scalarlt', ''), ('le', '<=', 'difference', '>=', '>', 'scalarle', ''),
           ('gt', '>', 'difference', '<', '<=', 'scalargt', ''), ('ge', '>=', 'difference', '<=', '<', 'scalarge', '')
  LOOP
    EXECUTE format('CREATE OR REPLACE FUNCTION pg_internal.super_%s(a super, b super) RETURNS boolean LANGUAGE '
                   'plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $f$ BEGIN RETURN pg_catalog.penstock_super_%s(a, b) %s 0; END $f$',
                   name, measure, sign);
    IF NOT EXISTS (SELECT FROM pg_operator WHERE oprname = sign AND oprleft = 4000 AND oprright = 4000 AND oprcode <> 0) THEN
      EXECUTE format('CREATE OPERATOR pg_catalog.%s (LEFTARG = super, RIGHTARG = super, FUNCTION = pg_internal.super_%s, '
                     'COMMUTATOR = OPERATOR(pg_catalog.%s), NEGATOR = OPERATOR(pg_catalog.%s), %s RESTRICT = %ssel, '
                     'JOIN = %sjoinsel)', sign, name, commutator, negator, details, estimate, estimate);
    END IF;
  END LOOP;
  IF NOT EXISTS (SELECT FROM pg_opclass WHERE opcintype = 4000) THEN
    CREATE OPERATOR CLASS pg_catalog.super_ops DEFAULT FOR TYPE super USING btree AS
      OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >,
      FUNCTION 1 pg_catalog.penstock_super_order(super, super);
    CREATE OPERATOR CLASS pg_catalog.super_ops DEFAULT FOR TYPE super USING hash AS
      OPERATOR 1 =, FUNCTION 1 pg_internal.super_hash(super);
  END IF;

  -- with typed values, of either side: a scalar becomes SUPER, for a date the SUPER becomes one
  FOR name, sign IN VALUES ('eq', '='), ('ne', '<>'), ('lt', '<'), ('le', '<='), ('gt', '>'), ('ge', '>=') LOOP
    FOREACH type IN ARRAY ARRAY['text', 'smallint', 'integer', 'bigint', 'numeric', 'double precision', 'boolean', 'date',
                                'timestamp', 'timestamptz', 'time'] LOOP
      other := CASE WHEN type IN ('date', 'timestamp', 'timestamptz', 'time')
                    THEN 'pg_internal.' || type || '_of(%2$s) %1$s %3$s' ELSE '%2$s %1$s pg_internal.super_of(%3$s)' END;
      EXECUTE format('CREATE OR REPLACE FUNCTION pg_internal.super_%s(a super, b %s) RETURNS boolean LANGUAGE sql STABLE '
                     'STRICT PARALLEL SAFE RETURN %s', name, type, format(other, sign, 'a', 'b'));
      other := CASE WHEN type IN ('date', 'timestamp', 'timestamptz', 'time')
                    THEN '%2$s %1$s pg_internal.' || type || '_of(%3$s)' ELSE 'pg_internal.super_of(%2$s) %1$s %3$s' END;
      EXECUTE format('CREATE OR REPLACE FUNCTION pg_internal.super_%s(a %s, b super) RETURNS boolean LANGUAGE sql STABLE '
                     'STRICT PARALLEL SAFE RETURN %s', name, type, format(other, sign, 'a', 'b'));
      IF NOT EXISTS (SELECT FROM pg_operator WHERE oprname = sign AND oprleft = 4000 AND oprright = type::regtype) THEN
        EXECUTE format('CREATE OPERATOR pg_catalog.%s (LEFTARG = super, RIGHTARG = %s, FUNCTION = pg_internal.super_%s)',
                       sign, type, name);
        EXECUTE format('CREATE OPERATOR pg_catalog.%s (LEFTARG = %s, RIGHTARG = super, FUNCTION = pg_internal.super_%s)',
                       sign, type, name);
      END IF;
    END LOOP;
  END LOOP;

  -- LIKE and its kin, of a string
  FOR name, sign IN VALUES ('like', '~~'), ('not_like', '!~~'), ('ilike', '~~*'), ('not_ilike', '!~~*') LOOP
    EXECUTE format('CREATE OR REPLACE FUNCTION pg_internal.super_%s(a super, b text) RETURNS boolean LANGUAGE sql IMMUTABLE '
                   'STRICT PARALLEL SAFE RETURN CASE WHEN pg_internal.super_is(a, ''string'') '
                   'THEN pg_internal.super_text(a) %s b END', name, sign);
    IF NOT EXISTS (SELECT FROM pg_operator WHERE oprname = sign AND oprleft = 4000) THEN
      EXECUTE format('CREATE OPERATOR pg_catalog.%s (LEFTARG = super, RIGHTARG = text, FUNCTION = pg_internal.super_%s)',
                     sign, name);
    END IF;
  END LOOP;
END $$;

-- Arithmetic of numbers is a SUPER again, of anything else NULL. Of integers a quotient is one, too.
CREATE OR REPLACE FUNCTION pg_internal.super_is_integer(value super) RETURNS boolean
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN (value::json)::text ~ '^-?[0-9]+$';
CREATE OR REPLACE FUNCTION pg_internal.super_quotient(a super, b super) RETURNS numeric
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN CASE WHEN pg_internal.super_is_integer(a) AND pg_internal.super_is_integer(b)
            THEN div(pg_internal.super_number(a), pg_internal.super_number(b))
            ELSE trim_scale(pg_internal.super_number(a) / pg_internal.super_number(b)) END;
DO $$
DECLARE
  name text;
  sign text;
  body text;
  type text;
BEGIN
  FOR name, sign, body IN
    VALUES ('add', '+', 'pg_internal.super_number(a) + pg_internal.super_number(b)'),
           ('subtract', '-', 'pg_internal.super_number(a) - pg_internal.super_number(b)'),
           ('multiply', '*', 'pg_internal.super_number(a) * pg_internal.super_number(b)'),
           ('modulo', '%', 'pg_internal.super_number(a) % pg_internal.super_number(b)'),
           ('divide', '/', 'pg_internal.super_quotient(a, b)')
  LOOP
    EXECUTE format('CREATE OR REPLACE FUNCTION pg_internal.super_%s(a super, b super) RETURNS super LANGUAGE sql IMMUTABLE '
                   'STRICT PARALLEL SAFE RETURN pg_internal.super_of(%s)', name, body);
    FOREACH type IN ARRAY ARRAY['smallint', 'integer', 'bigint', 'numeric', 'double precision'] LOOP
      EXECUTE format('CREATE OR REPLACE FUNCTION pg_internal.super_%1$s(a super, b %2$s) RETURNS super LANGUAGE sql IMMUTABLE '
                     'STRICT PARALLEL SAFE RETURN pg_internal.super_%1$s(a, pg_internal.super_of(b))', name, type);
      EXECUTE format('CREATE OR REPLACE FUNCTION pg_internal.super_%1$s(a %2$s, b super) RETURNS super LANGUAGE sql IMMUTABLE '
                     'STRICT PARALLEL SAFE RETURN pg_internal.super_%1$s(pg_internal.super_of(a), b)', name, type);
    END LOOP;
    IF NOT EXISTS (SELECT FROM pg_operator WHERE oprname = sign AND oprleft = 4000) THEN
      EXECUTE format('CREATE OPERATOR pg_catalog.%s (LEFTARG = super, RIGHTARG = super, FUNCTION = pg_internal.super_%s)',
                     sign, name);
      FOREACH type IN ARRAY ARRAY['smallint', 'integer', 'bigint', 'numeric', 'double precision'] LOOP
        EXECUTE format('CREATE OPERATOR pg_catalog.%s (LEFTARG = super, RIGHTARG = %s, FUNCTION = pg_internal.super_%s)',
                       sign, type, name);
        EXECUTE format('CREATE OPERATOR pg_catalog.%s (LEFTARG = %s, RIGHTARG = super, FUNCTION = pg_internal.super_%s)',
                       sign, type, name);
      END LOOP;
    END IF;
  END LOOP;
  CREATE OR REPLACE FUNCTION pg_internal.super_negate(value super) RETURNS super LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
  RETURN pg_internal.super_of(- pg_internal.super_number(value));
  IF NOT EXISTS (SELECT FROM pg_operator WHERE oprname = '-' AND oprleft = 0 AND oprright = 4000) THEN
    CREATE OPERATOR pg_catalog.- (RIGHTARG = super, FUNCTION = pg_internal.super_negate);
  END IF;
END $$;
