-- Hashes.
CREATE EXTENSION IF NOT EXISTS pgcrypto SCHEMA pg_internal;  -- SHA-1 is in none of PostgreSQL's own functions

CREATE OR REPLACE FUNCTION pg_catalog.func_sha1(text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN encode(pg_internal.digest($1, 'sha1'), 'hex');
CREATE OR REPLACE FUNCTION pg_catalog.sha1(text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN func_sha1($1);
CREATE OR REPLACE FUNCTION pg_catalog.sha(text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN func_sha1($1);
CREATE OR REPLACE FUNCTION pg_catalog.sha2(text, integer) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN CASE $2 WHEN 224 THEN encode(sha224(convert_to($1, 'UTF8')), 'hex')
               WHEN 0 THEN encode(sha256(convert_to($1, 'UTF8')), 'hex')
               WHEN 256 THEN encode(sha256(convert_to($1, 'UTF8')), 'hex')
               WHEN 384 THEN encode(sha384(convert_to($1, 'UTF8')), 'hex')
               WHEN 512 THEN encode(sha512(convert_to($1, 'UTF8')), 'hex')
               ELSE '' END;

-- CRC-32C, half a byte at a time.
CREATE OR REPLACE FUNCTION pg_catalog.crc32(source text) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  bytes bytea := convert_to(source, 'UTF8');
  crc bigint := 4294967295;
  steps constant bigint[] := ARRAY[0, 274646895, 549293790, 820201905, 1098587580, 1361435347, 1640403810,
                                   1905808397, 2197175160, 2460548119, 2722870694, 2987750089, 3280807620, 3553878443,
                                   3811616794, 4084100981];
BEGIN
  FOR i IN 0 .. length(bytes) - 1 LOOP
    crc := crc # get_byte(bytes, i);
    crc := (crc >> 4) # steps[(crc & 15)::integer + 1];
    crc := (crc >> 4) # steps[(crc & 15)::integer + 1];
  END LOOP;
  RETURN lpad(to_hex(crc # 4294967295), 8, '0');
END $$;

-- FNV-1a over 64 bits. The product is taken of halves: PostgreSQL's integers have a sign, and overflow is an error.
CREATE OR REPLACE FUNCTION pg_internal.fnv1a(bytes bytea, seed bigint) RETURNS bigint
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  high bigint := (seed >> 32) & 4294967295;
  low bigint := seed & 4294967295;
  product bigint;
BEGIN
  FOR i IN 0 .. length(bytes) - 1 LOOP
    low := low # get_byte(bytes, i);
    product := low * 435;                                              -- the prime is 2^40 + 435
    high := (high * 435 + (product >> 32) + (low << 8)) & 4294967295;
    low := product & 4294967295;
  END LOOP;
  RETURN (high << 32) | low;
END $$;
CREATE OR REPLACE FUNCTION pg_internal.little_endian(bytes bytea) RETURNS bytea
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN (SELECT string_agg(substring(bytes FROM i FOR 1), '' ORDER BY i DESC) FROM generate_series(1, length(bytes)) i);
DO $$
DECLARE
  type text[];
BEGIN
  FOREACH type SLICE 1 IN ARRAY ARRAY[['smallint', 'pg_internal.little_endian(int2send(value))'],
                                      ['integer', 'pg_internal.little_endian(int4send(value))'],
                                      ['bigint', 'pg_internal.little_endian(int8send(value))'],
                                      ['text', 'convert_to(value, ''UTF8'')'], ['bpchar', 'bpcharsend(value)']] LOOP
    EXECUTE format($f$
      CREATE OR REPLACE FUNCTION pg_catalog.fnv_hash(value %1$s, seed bigint DEFAULT -3750763034362895579) RETURNS bigint
      LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN pg_internal.fnv1a(%2$s, seed)
      $f$, type[1], type[2]);
  END LOOP;
END $$;

-- Murmur3 over 32 bits, as Iceberg has it: integers are eight bytes.
CREATE OR REPLACE FUNCTION pg_internal.murmur3(bytes bytea, seed integer) RETURNS integer
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  mask constant bigint := 4294967295;
  hash bigint := seed & mask;
  size constant integer := length(bytes);
  word bigint;
BEGIN
  FOR block IN 0 .. size / 4 LOOP
    word := 0;
    FOR i IN REVERSE least(block * 4 + 3, size - 1) .. block * 4 LOOP
      word := (word << 8) | get_byte(bytes, i);
    END LOOP;
    EXIT WHEN block * 4 >= size;
    word := (word::numeric * 3432918353 % 4294967296)::bigint;
    word := ((word << 15) | (word >> 17)) & mask;
    word := (word::numeric * 461845907 % 4294967296)::bigint;
    hash := hash # word;
    IF block < size / 4 THEN
      hash := ((hash << 13) | (hash >> 19)) & mask;
      hash := (hash * 5 + 3864292196) & mask;
    END IF;
  END LOOP;
  hash := hash # size;
  hash := ((hash # (hash >> 16))::numeric * 2246822507 % 4294967296)::bigint;
  hash := ((hash # (hash >> 13))::numeric * 3266489909 % 4294967296)::bigint;
  hash := hash # (hash >> 16);
  RETURN CASE WHEN hash >= 2147483648 THEN hash - 4294967296 ELSE hash END;
END $$;
CREATE OR REPLACE FUNCTION pg_catalog.murmur3_32_hash(value bigint, seed integer DEFAULT 0) RETURNS integer
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN pg_internal.murmur3(pg_internal.little_endian(int8send(value)), seed);
CREATE OR REPLACE FUNCTION pg_catalog.murmur3_32_hash(value text, seed integer DEFAULT 0) RETURNS integer
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN pg_internal.murmur3(convert_to(value, 'UTF8'), seed);

-- Of numbers only: what it makes of texts is nowhere said.
CREATE OR REPLACE FUNCTION pg_catalog.checksum(value numeric) RETURNS integer
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN (value * power(10, scale(value))::numeric)::integer;
