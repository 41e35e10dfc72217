-- Values as Redshift's types take them: lengths of char and varchar count bytes, blanks at their end mean nothing to a
-- comparison, and a decimal of up to 19 digits is kept in 64 bits.

-- What a value too long is told, in PostgreSQL's words; the endpoint turns them into Redshift's.
CREATE OR REPLACE FUNCTION pg_internal.value_too_long(type_name text, length integer) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RAISE EXCEPTION 'value too long for type %(%)', type_name, length USING ERRCODE = '22001';
END $$;

-- At most so many bytes of a text, and whole characters: what an explicit cast leaves.
CREATE OR REPLACE FUNCTION pg_internal.first_bytes(value text, most integer) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  bytes bytea := convert_to(left(value, most), 'UTF8');
  cut integer := most;
BEGIN
  IF length(bytes) <= most THEN
    RETURN left(value, most);
  END IF;
  WHILE get_byte(bytes, cut) & 192 = 128 LOOP  -- inside of a character
    cut := cut - 1;
  END LOOP;
  RETURN convert_from(substring(bytes FOR cut), 'UTF8');
END $$;

-- Blanks beyond the length are cut silently, by an assignment too.
CREATE OR REPLACE FUNCTION pg_internal.shortened(value text, most integer, explicit boolean, type_name text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN CASE WHEN explicit OR octet_length(rtrim(value, ' ')) <= most THEN pg_internal.first_bytes(value, most)
            ELSE pg_internal.value_too_long(type_name, most) END;

CREATE OR REPLACE FUNCTION pg_internal.varchar_of_length(value varchar, typmod integer, explicit boolean) RETURNS varchar
LANGUAGE sql IMMUTABLE PARALLEL SAFE SUPPORT varchar_support
RETURN CASE WHEN typmod < 4 OR octet_length(value) <= typmod - 4 THEN value
            ELSE pg_internal.shortened(value::text, typmod - 4, explicit, 'character varying') END;

CREATE OR REPLACE FUNCTION pg_internal.single_byte(value text) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RAISE EXCEPTION 'Multibyte character not supported for CHAR (Hint: try using VARCHAR). Invalid char: %',
    (SELECT string_agg(lpad(to_hex(get_byte(bytes, i)), 2, '0'), ' ' ORDER BY i)
       FROM convert_to(substring(value FROM E'[^\\x01-\\x7f]'), 'UTF8') bytes, generate_series(0, length(bytes) - 1) i)
    USING ERRCODE = 'XX000';
END $$;

-- An explicit cast may carry other characters: the system tables show texts as char(n).
CREATE OR REPLACE FUNCTION pg_internal.char_of_length(value bpchar, typmod integer, explicit boolean) RETURNS bpchar
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN bpchar(CASE WHEN explicit OR octet_length(value::text) = length(value::text) THEN value
                   ELSE pg_internal.single_byte(value::text)::bpchar END, typmod, explicit);

UPDATE pg_cast SET castfunc = 'pg_internal.varchar_of_length(varchar, integer, boolean)'::regprocedure
 WHERE castsource = 'varchar'::regtype AND casttarget = 'varchar'::regtype;
UPDATE pg_cast SET castfunc = 'pg_internal.char_of_length(bpchar, integer, boolean)'::regprocedure
 WHERE castsource = 'bpchar'::regtype AND casttarget = 'bpchar'::regtype;

-- Only a precision of 19 has digits that 64 bits can't hold.
CREATE OR REPLACE FUNCTION pg_internal.within_64_bits(value numeric, scale integer) RETURNS numeric
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF abs(value) * ('1e' || scale)::numeric > 9223372036854775807 THEN
    RAISE EXCEPTION 'numeric field overflow' USING ERRCODE = '22003';
  END IF;
  RETURN value;
END $$;

CREATE OR REPLACE FUNCTION pg_internal.numeric_of_precision(value numeric, typmod integer) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN (typmod - 4) >> 16 = 19
            THEN pg_internal.within_64_bits(pg_catalog.numeric(value, typmod), (typmod - 4) & 2047)
            ELSE pg_catalog.numeric(value, typmod) END;

UPDATE pg_cast SET castfunc = 'pg_internal.numeric_of_precision(numeric, integer)'::regprocedure
 WHERE castsource = 'numeric'::regtype AND casttarget = 'numeric'::regtype;

-- varchar compares as char does: the functions of char read a varchar's bytes, which are laid out alike. Indexes (of
-- primary keys) that were made before are made again.
DO $$
DECLARE
  index regclass;
BEGIN
  IF EXISTS (SELECT FROM pg_operator WHERE oid = '=(text, text)'::regoperator AND oprcode = 'texteq'::regproc) THEN
    UPDATE pg_operator o SET oprcode = replacement.code
      FROM (VALUES ('=(text, text)'::regoperator, 'bpchareq'::regproc), ('<>(text, text)', 'bpcharne'),
                   ('<(text, text)', 'bpcharlt'), ('<=(text, text)', 'bpcharle'),
                   ('>(text, text)', 'bpchargt'), ('>=(text, text)', 'bpcharge')) replacement (operator, code)
     WHERE o.oid = replacement.operator;
    UPDATE pg_amproc p SET amproc = replacement.code
      FROM (VALUES ('bttextcmp'::regproc, 'bpcharcmp'::regproc), ('bttextsortsupport', 'bpchar_sortsupport'),
                   ('hashtext', 'hashbpchar'), ('hashtextextended', 'hashbpcharextended')) replacement (before, code)
     WHERE p.amproc = replacement.before AND p.amproclefttype = 'text'::regtype AND p.amprocrighttype = 'text'::regtype
       AND p.amprocfamily IN (SELECT oid FROM pg_opfamily WHERE opfname = 'text_ops');
    -- equal is no longer the same bytes: an index must not keep one value for several
    DELETE FROM pg_amproc WHERE amproc = 'btvarstrequalimage'::regproc AND amproclefttype = 'text'::regtype
                            AND amprocfamily IN (SELECT oid FROM pg_opfamily WHERE opfname = 'text_ops');
    FOR index IN SELECT i.indexrelid FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
                   JOIN pg_namespace n ON n.oid = c.relnamespace
                  WHERE n.nspname NOT IN ('pg_catalog', 'pg_toast', 'information_schema') AND c.relpersistence = 'p'
                    AND i.indcollation::text <> '0' LOOP
      EXECUTE format('REINDEX INDEX %s', index);
    END LOOP;
  END IF;
END $$;
