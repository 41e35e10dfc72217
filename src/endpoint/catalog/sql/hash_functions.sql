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

-- FarmHash's Fingerprint64, in PostgreSQL's integers: they have a sign, so sums and products go by numeric and are wrapped.
CREATE OR REPLACE FUNCTION pg_internal.wrapped(value numeric) RETURNS bigint
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN (SELECT (CASE WHEN rest >= 9223372036854775808 THEN rest - 18446744073709551616
                    WHEN rest < -9223372036854775808 THEN rest + 18446744073709551616 ELSE rest END)::bigint
          FROM mod(value, 18446744073709551616) rest);
CREATE OR REPLACE FUNCTION pg_internal.product(a bigint, b bigint) RETURNS bigint
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN pg_internal.wrapped(a::numeric * b);
CREATE OR REPLACE FUNCTION pg_internal.total(VARIADIC terms bigint[]) RETURNS bigint
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN (SELECT pg_internal.wrapped(sum(term)) FROM unnest(terms) t(term));
CREATE OR REPLACE FUNCTION pg_internal.shifted_right(value bigint, bits integer) RETURNS bigint
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN (value >> bits) & ((1::bigint << (64 - bits)) - 1);
CREATE OR REPLACE FUNCTION pg_internal.rotated(value bigint, bits integer) RETURNS bigint
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN pg_internal.shifted_right(value, bits) | (value << (64 - bits));
CREATE OR REPLACE FUNCTION pg_internal.mixed(value bigint) RETURNS bigint
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN value # pg_internal.shifted_right(value, 47);
CREATE OR REPLACE FUNCTION pg_internal.word_at(bytes bytea, place integer, size integer DEFAULT 8) RETURNS bigint
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN (SELECT bit_or(get_byte(bytes, place + i)::bigint << (8 * i)) FROM generate_series(0, size - 1) i);
CREATE OR REPLACE FUNCTION pg_internal.farm_16(u bigint, v bigint, factor bigint) RETURNS bigint
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_internal, pg_catalog, pg_temp AS $$
DECLARE
  a bigint := mixed(product(u # v, factor));
BEGIN
  RETURN product(mixed(product(v # a, factor)), factor);
END $$;
-- Two words of 32 bytes at a place, with two seeds.
CREATE OR REPLACE FUNCTION pg_internal.farm_32(bytes bytea, place integer, a bigint, b bigint) RETURNS bigint[]
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_internal, pg_catalog, pg_temp AS $$
DECLARE
  w constant bigint := word_at(bytes, place);
  x constant bigint := word_at(bytes, place + 8);
  y constant bigint := word_at(bytes, place + 16);
  z constant bigint := word_at(bytes, place + 24);
  first constant bigint := total(a, w);
  second constant bigint := rotated(total(b, first, z), 21);
  sum constant bigint := total(first, x, y);
BEGIN
  RETURN ARRAY[total(sum, z), total(second, rotated(sum, 44), first)];
END $$;
CREATE OR REPLACE FUNCTION pg_internal.farm_long(bytes bytea) RETURNS bigint
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_internal, pg_catalog, pg_temp AS $$
DECLARE
  k0 constant bigint := -4348849565147123417;
  k1 constant bigint := -5435081209227447693;
  k2 constant bigint := -7286425919675154353;
  size constant integer := length(bytes);
  last constant integer := (size - 1) / 64 * 64;
  x bigint := total(product(81, k2), word_at(bytes, 0));
  y bigint := total(product(81, k1), 113);
  z bigint := product(mixed(total(product(y, k2), 113)), k2);
  v bigint[] := ARRAY[0, 0];
  w bigint[] := ARRAY[0, 0];
  factor bigint;
  at integer := 0;
BEGIN
  WHILE at < last LOOP
    x := product(rotated(total(x, y, v[1], word_at(bytes, at + 8)), 37), k1) # w[2];
    y := total(product(rotated(total(y, v[2], word_at(bytes, at + 48)), 42), k1), v[1], word_at(bytes, at + 40));
    z := product(rotated(total(z, w[1]), 33), k1);
    v := farm_32(bytes, at, product(v[2], k1), total(x, w[1]));
    w := farm_32(bytes, at + 32, total(z, w[2]), total(y, word_at(bytes, at + 16)));
    SELECT x, z INTO z, x;
    at := at + 64;
  END LOOP;
  factor := total(k1, (z & 255) << 1);
  at := last + ((size - 1) & 63) - 63;
  w[1] := total(w[1], (size - 1) & 63);
  v[1] := total(v[1], w[1]);
  w[1] := total(w[1], v[1]);
  x := product(rotated(total(x, y, v[1], word_at(bytes, at + 8)), 37), factor) # product(w[2], 9);
  y := total(product(rotated(total(y, v[2], word_at(bytes, at + 48)), 42), factor), product(v[1], 9),
             word_at(bytes, at + 40));
  z := product(rotated(total(z, w[1]), 33), factor);
  v := farm_32(bytes, at, product(v[2], factor), total(x, w[1]));
  w := farm_32(bytes, at + 32, total(z, w[2]), total(y, word_at(bytes, at + 16)));
  SELECT x, z INTO z, x;
  RETURN farm_16(total(farm_16(v[1], w[1], factor), product(mixed(y), k0), z),
                 total(farm_16(v[2], w[2], factor), x), factor);
END $$;
-- As the owner: the parts are in a schema that clients don't see into.
CREATE OR REPLACE FUNCTION pg_internal.farm(bytes bytea) RETURNS bigint
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SECURITY DEFINER SET search_path = pg_internal, pg_catalog, pg_temp AS $$
DECLARE
  k0 constant bigint := -4348849565147123417;
  k1 constant bigint := -5435081209227447693;
  k2 constant bigint := -7286425919675154353;
  size constant integer := length(bytes);
  factor constant bigint := total(k2, size * 2);
  a bigint;
  b bigint;
  c bigint;
  d bigint;
  y bigint;
  z bigint;
BEGIN
  IF size = 0 THEN
    RETURN k2;
  ELSIF size < 4 THEN
    y := get_byte(bytes, 0) + (get_byte(bytes, size / 2) << 8);
    z := size + (get_byte(bytes, size - 1) << 2);
    RETURN product(mixed(product(y, k2) # product(z, k0)), k2);
  ELSIF size < 8 THEN
    RETURN farm_16(total(size, word_at(bytes, 0, 4) << 3), word_at(bytes, size - 4, 4), factor);
  ELSIF size <= 16 THEN
    a := total(word_at(bytes, 0), k2);
    b := word_at(bytes, size - 8);
    c := total(product(rotated(b, 37), factor), a);
    d := product(total(rotated(a, 25), b), factor);
    RETURN farm_16(c, d, factor);
  ELSIF size > 64 THEN
    RETURN farm_long(bytes);
  END IF;
  a := product(word_at(bytes, 0), CASE WHEN size <= 32 THEN k1 ELSE k2 END);
  b := word_at(bytes, 8);
  c := product(word_at(bytes, size - 8), factor);
  d := product(word_at(bytes, size - 16), k2);
  y := total(rotated(total(a, b), 43), rotated(c, 30), d);
  z := total(a, rotated(total(b, k2), 18), c);
  IF size <= 32 THEN
    RETURN farm_16(y, z, factor);
  END IF;
  z := farm_16(y, z, factor);
  c := product(word_at(bytes, 16), factor);
  d := word_at(bytes, 24);
  y := product(total(y, word_at(bytes, size - 32)), factor);
  z := product(total(z, word_at(bytes, size - 24)), factor);
  RETURN farm_16(total(rotated(total(c, d), 43), rotated(y, 30), z), total(c, rotated(total(d, a), 18), y), factor);
END $$;
CREATE OR REPLACE FUNCTION pg_catalog.farmfingerprint64(value text) RETURNS bigint
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN pg_internal.farm(convert_to(value, 'UTF8'));
