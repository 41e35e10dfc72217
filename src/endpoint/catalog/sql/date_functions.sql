-- Dates and times.

-- A date part by any of its names, as PostgreSQL names it.
CREATE OR REPLACE FUNCTION pg_internal.date_part_name(part text) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  name text := lower(part);
BEGIN
  RETURN CASE
    WHEN name IN ('millennium', 'millennia', 'mil', 'mils') THEN 'millennium'
    WHEN name IN ('century', 'centuries', 'c', 'cent', 'cents') THEN 'century'
    WHEN name IN ('decade', 'decades', 'dec', 'decs') THEN 'decade'
    WHEN name = 'epoch' THEN 'epoch'
    WHEN name IN ('year', 'years', 'y', 'yr', 'yrs') THEN 'year'
    WHEN name IN ('quarter', 'quarters', 'qtr', 'qtrs') THEN 'quarter'
    WHEN name IN ('month', 'months', 'mon', 'mons') THEN 'month'
    WHEN name IN ('week', 'weeks', 'w') THEN 'week'
    WHEN name IN ('dayofweek', 'dow', 'dw', 'weekday') THEN 'dow'
    WHEN name IN ('dayofyear', 'doy', 'dy', 'yearday') THEN 'doy'
    WHEN name IN ('day', 'days', 'd') THEN 'day'
    WHEN name IN ('hour', 'hours', 'h', 'hr', 'hrs') THEN 'hour'
    WHEN name IN ('minute', 'minutes', 'm', 'min', 'mins') THEN 'minute'
    WHEN name IN ('second', 'seconds', 's', 'sec', 'secs') THEN 'second'
    WHEN name IN ('millisecond', 'milliseconds', 'ms', 'msec', 'msecs', 'msecond', 'mseconds', 'millisec', 'millisecs')
      THEN 'millisecond'
    WHEN name IN ('microsecond', 'microseconds', 'us', 'usec', 'usecs', 'usecond', 'useconds', 'microsec', 'microsecs')
      THEN 'microsecond'
    WHEN name IN ('timezone', 'timezone_hour', 'timezone_minute') THEN name
    ELSE pg_internal.unknown_date_part(part) END;
END $$;
CREATE OR REPLACE FUNCTION pg_internal.unknown_date_part(part text) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RAISE EXCEPTION 'timestamp units "%" not recognized', part USING ERRCODE = '22023';
END $$;

-- PGDATE_PART is what Redshift makes of DATE_PART, DATE_PART what it makes of EXTRACT, with columns of those names.
-- The text is a literal without a type.
DO $$
DECLARE
  type text;
BEGIN
  FOREACH type IN ARRAY ARRAY['timestamp', 'timestamptz', 'time', 'timetz', 'interval'] LOOP
    EXECUTE format($f$
      CREATE OR REPLACE FUNCTION pg_internal.field(part text, value %1$s) RETURNS double precision
      LANGUAGE sql STABLE STRICT PARALLEL SAFE
      RETURN CASE part
        WHEN 'decade' THEN postgresql_date_part('decade', value) + 1
        WHEN 'millisecond' THEN trunc(postgresql_extract('milliseconds', value)) %% 1000
        WHEN 'microsecond' THEN trunc(postgresql_extract('microseconds', value)) %% 1000000
        ELSE postgresql_date_part(part, value) END;
      CREATE OR REPLACE FUNCTION pg_catalog.pgdate_part(part text, value %1$s) RETURNS double precision
      LANGUAGE sql STABLE STRICT PARALLEL SAFE
      RETURN pg_internal.field(pg_internal.date_part_name(part), value);
      CREATE OR REPLACE FUNCTION pg_catalog.date_part(part text, value %1$s) RETURNS %2$s
      LANGUAGE sql STABLE STRICT PARALLEL SAFE
      RETURN %3$s;
      $f$, type, CASE WHEN type IN ('timestamptz', 'interval') THEN 'double precision' ELSE 'integer' END,
      CASE WHEN type IN ('timestamptz', 'interval') THEN 'pgdate_part(part, value)'
           ELSE 'trunc(pgdate_part(part, value))::integer' END);
  END LOOP;
  FOREACH type IN ARRAY ARRAY['date', 'text'] LOOP
    EXECUTE format($f$
      CREATE OR REPLACE FUNCTION pg_catalog.pgdate_part(part text, value %1$s) RETURNS double precision
      LANGUAGE sql STABLE STRICT PARALLEL SAFE RETURN pgdate_part(part, value::timestamp);
      CREATE OR REPLACE FUNCTION pg_catalog.date_part(part text, value %1$s) RETURNS integer
      LANGUAGE sql STABLE STRICT PARALLEL SAFE RETURN date_part(part, value::timestamp);
      $f$, type);
  END LOOP;
  FOREACH type IN ARRAY ARRAY['timestamp', 'timestamptz', 'time', 'timetz', 'interval', 'date', 'text'] LOOP
    EXECUTE format($f$
      CREATE OR REPLACE FUNCTION pg_catalog.extract(part text, value %1$s) RETURNS %2$s
      LANGUAGE sql STABLE STRICT PARALLEL SAFE RETURN date_part(part, value);
      $f$, type, CASE WHEN type IN ('timestamptz', 'interval') THEN 'double precision' ELSE 'integer' END);
  END LOOP;
END $$;

CREATE OR REPLACE FUNCTION pg_catalog.date_trunc(part text, value timestamp) RETURNS timestamp
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN postgresql_date_trunc(pg_internal.date_part_name(part), value);
CREATE OR REPLACE FUNCTION pg_catalog.date_trunc(part text, value timestamptz) RETURNS timestamptz
LANGUAGE sql STABLE STRICT PARALLEL SAFE
RETURN postgresql_date_trunc(pg_internal.date_part_name(part), value);
CREATE OR REPLACE FUNCTION pg_catalog.date_trunc(part text, value interval) RETURNS interval
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN postgresql_date_trunc(pg_internal.date_part_name(part), value);
CREATE OR REPLACE FUNCTION pg_catalog.date_trunc(part text, value date) RETURNS timestamp
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN date_trunc(part, value::timestamp);
CREATE OR REPLACE FUNCTION pg_catalog.date_trunc(part text, value text) RETURNS timestamp
LANGUAGE sql STABLE STRICT PARALLEL SAFE RETURN date_trunc(part, value::timestamp);

CREATE OR REPLACE FUNCTION pg_catalog.trunc(value timestamp) RETURNS date
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN value::date;

-- How long n of a part are. February 29 and a number of years later is March 1 where there is no February 29.
CREATE OR REPLACE FUNCTION pg_internal.duration(part text, n bigint) RETURNS interval
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RETURN n * CASE part
    WHEN 'millennium' THEN interval '1000 years'
    WHEN 'century' THEN interval '100 years'
    WHEN 'decade' THEN interval '10 years'
    WHEN 'year' THEN interval '1 year'
    WHEN 'quarter' THEN interval '3 months'
    WHEN 'month' THEN interval '1 month'
    WHEN 'week' THEN interval '7 days'
    WHEN 'day' THEN interval '1 day'
    WHEN 'dow' THEN interval '1 day'
    WHEN 'doy' THEN interval '1 day'
    WHEN 'hour' THEN interval '1 hour'
    WHEN 'minute' THEN interval '1 minute'
    WHEN 'second' THEN interval '1 second'
    WHEN 'millisecond' THEN interval '1 millisecond'
    WHEN 'microsecond' THEN interval '1 microsecond'
    ELSE pg_internal.unknown_date_part(part)::interval END;
END $$;
CREATE OR REPLACE FUNCTION pg_internal.leap_day_after(part text, before timestamp, after timestamp) RETURNS interval
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN CASE WHEN part IN ('year', 'decade', 'century', 'millennium') AND to_char(before, 'MMDD') = '0229'
                 AND to_char(after, 'MMDD') = '0228' THEN interval '1 day' ELSE interval '0' END;

CREATE OR REPLACE FUNCTION pg_catalog.date_add(part text, n bigint, value timestamp) RETURNS timestamp
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  name text := pg_internal.date_part_name(part);
  sum timestamp := value + pg_internal.duration(name, n);
BEGIN
  RETURN sum + pg_internal.leap_day_after(name, value, sum);
END $$;
CREATE OR REPLACE FUNCTION pg_catalog.date_add(part text, n bigint, value timestamptz) RETURNS timestamptz
LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  name text := pg_internal.date_part_name(part);
  sum timestamptz := value + pg_internal.duration(name, n);
BEGIN
  RETURN sum + pg_internal.leap_day_after(name, value::timestamp, sum::timestamp);
END $$;
CREATE OR REPLACE FUNCTION pg_catalog.date_add(part text, n bigint, value date) RETURNS timestamp
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN date_add(part, n, value::timestamp);
CREATE OR REPLACE FUNCTION pg_catalog.date_add(part text, n bigint, value text) RETURNS timestamp
LANGUAGE sql STABLE STRICT PARALLEL SAFE RETURN date_add(part, n, value::timestamp);
CREATE OR REPLACE FUNCTION pg_catalog.date_add(part text, n bigint, value time) RETURNS time
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN value + pg_internal.duration(pg_internal.date_part_name(part), n);
CREATE OR REPLACE FUNCTION pg_catalog.date_add(part text, n bigint, value timetz) RETURNS timetz
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN value + pg_internal.duration(pg_internal.date_part_name(part), n);

-- The boundaries between two times: those of years for years, of hours for hours. Weeks begin on Monday.
CREATE OR REPLACE FUNCTION pg_internal.boundaries(part text, value timestamp) RETURNS bigint
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  year bigint := postgresql_date_part('year', value);
  days bigint := value::date - date '2001-01-01';  -- a Monday
  micros bigint := floor(postgresql_extract('epoch', value) * 1000000);
BEGIN
  RETURN CASE part
    WHEN 'millennium' THEN postgresql_date_part('millennium', value)
    WHEN 'century' THEN postgresql_date_part('century', value)
    WHEN 'decade' THEN floor(year / 10.0)
    WHEN 'year' THEN year
    WHEN 'quarter' THEN year * 4 + postgresql_date_part('quarter', value)
    WHEN 'month' THEN year * 12 + postgresql_date_part('month', value)
    WHEN 'week' THEN floor(days / 7.0)
    WHEN 'day' THEN days
    WHEN 'dow' THEN days
    WHEN 'doy' THEN days
    WHEN 'hour' THEN floor(micros / 3600000000.0)
    WHEN 'minute' THEN floor(micros / 60000000.0)
    WHEN 'second' THEN floor(micros / 1000000.0)
    WHEN 'epoch' THEN floor(micros / 1000000.0)
    WHEN 'millisecond' THEN floor(micros / 1000.0)
    WHEN 'microsecond' THEN micros
    ELSE pg_internal.unknown_date_part(part)::bigint END;
END $$;
CREATE OR REPLACE FUNCTION pg_catalog.date_diff(part text, a timestamp, b timestamp) RETURNS bigint
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN pg_internal.boundaries(pg_internal.date_part_name(part), b)
       - pg_internal.boundaries(pg_internal.date_part_name(part), a);
CREATE OR REPLACE FUNCTION pg_catalog.date_diff(part text, a timestamptz, b timestamptz) RETURNS bigint
LANGUAGE sql STABLE STRICT PARALLEL SAFE
RETURN date_diff(part, a::timestamp, b::timestamp);
CREATE OR REPLACE FUNCTION pg_catalog.date_diff(part text, a time, b time) RETURNS bigint
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN date_diff(part, timestamp '2001-01-01' + a::interval, timestamp '2001-01-01' + b::interval);
DO $$
DECLARE
  pair text[];
BEGIN
  FOREACH pair SLICE 1 IN ARRAY ARRAY[['date', 'date'], ['date', 'text'], ['text', 'date'], ['text', 'text'],
                                      ['timestamp', 'text'], ['text', 'timestamp'], ['timestamptz', 'text'],
                                      ['text', 'timestamptz']] LOOP
    EXECUTE format('CREATE OR REPLACE FUNCTION pg_catalog.date_diff(part text, a %1$s, b %2$s) RETURNS bigint '
                   'LANGUAGE sql STABLE STRICT PARALLEL SAFE RETURN date_diff(part, a::%3$s, b::%3$s)', pair[1], pair[2],
                   CASE WHEN 'timestamptz' = ANY (pair) THEN 'timestamptz' ELSE 'timestamp' END);
  END LOOP;
END $$;

CREATE OR REPLACE FUNCTION pg_catalog.last_day(value timestamp) RETURNS date
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN (date_trunc('month', value) + interval '1 month' - interval '1 day')::date;
CREATE OR REPLACE FUNCTION pg_catalog.add_months(value timestamp, n integer) RETURNS timestamp
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN CASE WHEN value::date = last_day(value)
            THEN last_day(value + n * interval '1 month') + value::time
            ELSE value + n * interval '1 month' END;
CREATE OR REPLACE FUNCTION pg_catalog.next_day(value timestamp, day text) RETURNS date
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  name text := lower(day);
  wanted integer := CASE
    WHEN name IN ('su', 'sun', 'sunday') THEN 0
    WHEN name IN ('m', 'mo', 'mon', 'monday') THEN 1
    WHEN name IN ('tu', 'tue', 'tues', 'tuesday') THEN 2
    WHEN name IN ('w', 'we', 'wed', 'wednesday') THEN 3
    WHEN name IN ('th', 'thu', 'thur', 'thurs', 'thursday') THEN 4
    WHEN name IN ('f', 'fr', 'fri', 'friday') THEN 5
    WHEN name IN ('sa', 'sat', 'saturday') THEN 6 END;
BEGIN
  IF wanted IS NULL THEN
    RAISE EXCEPTION 'Invalid day of the week: %', day USING ERRCODE = '22023';
  END IF;
  RETURN value::date + ((wanted - postgresql_date_part('dow', value)::integer + 6) % 7) + 1;
END $$;
CREATE OR REPLACE FUNCTION pg_catalog.months_between(a timestamp, b timestamp) RETURNS double precision
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN date_diff('month', b, a)
       + CASE WHEN postgresql_date_part('day', a) = postgresql_date_part('day', b)
                   OR (a::date = last_day(a) AND b::date = last_day(b)) THEN 0
              ELSE (postgresql_date_part('day', a) - postgresql_date_part('day', b)) / 31.0
                   + (postgresql_date_part('epoch', a::time) - postgresql_date_part('epoch', b::time)) / 86400.0 / 31.0
              END;
CREATE OR REPLACE FUNCTION pg_catalog.date_part_year(value date) RETURNS integer
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN postgresql_date_part('year', value)::integer;
-- for dates, and for literals without a type
DO $$
DECLARE
  type text;
BEGIN
  FOREACH type IN ARRAY ARRAY['date', 'text'] LOOP
    EXECUTE format($f$
      CREATE OR REPLACE FUNCTION pg_catalog.last_day(value %1$s) RETURNS date
      LANGUAGE sql STABLE STRICT PARALLEL SAFE RETURN last_day(value::timestamp);
      CREATE OR REPLACE FUNCTION pg_catalog.add_months(value %1$s, n integer) RETURNS timestamp
      LANGUAGE sql STABLE STRICT PARALLEL SAFE RETURN add_months(value::timestamp, n);
      CREATE OR REPLACE FUNCTION pg_catalog.next_day(value %1$s, day text) RETURNS date
      LANGUAGE sql STABLE STRICT PARALLEL SAFE RETURN next_day(value::timestamp, day);
      CREATE OR REPLACE FUNCTION pg_catalog.months_between(a %1$s, b %1$s) RETURNS double precision
      LANGUAGE sql STABLE STRICT PARALLEL SAFE RETURN months_between(a::timestamp, b::timestamp);
      $f$, type);
  END LOOP;
END $$;

-- Zones by PostgreSQL's table: names know of summer time, abbreviations don't.
CREATE OR REPLACE FUNCTION pg_catalog.convert_timezone(source text, target text, value timestamp) RETURNS timestamp
LANGUAGE sql STABLE STRICT PARALLEL SAFE RETURN value AT TIME ZONE source AT TIME ZONE target;
CREATE OR REPLACE FUNCTION pg_catalog.convert_timezone(target text, value timestamp) RETURNS timestamp
LANGUAGE sql STABLE STRICT PARALLEL SAFE RETURN convert_timezone('UTC', target, value);
CREATE OR REPLACE FUNCTION pg_catalog.convert_timezone(target text, value timestamptz) RETURNS timestamp
LANGUAGE sql STABLE STRICT PARALLEL SAFE RETURN value AT TIME ZONE target;
CREATE OR REPLACE FUNCTION pg_catalog.convert_timezone(source text, target text, value text) RETURNS timestamp
LANGUAGE sql STABLE STRICT PARALLEL SAFE RETURN convert_timezone(source, target, value::timestamp);
CREATE OR REPLACE FUNCTION pg_catalog.convert_timezone(target text, value text) RETURNS timestamp
LANGUAGE sql STABLE STRICT PARALLEL SAFE RETURN convert_timezone('UTC', target, value::timestamp);

-- A text's fields by a format of TO_TIMESTAMP, unchecked: those that PostgreSQL refuses roll over into the next.
CREATE OR REPLACE FUNCTION pg_internal.read_fields(value text, format text) RETURNS integer[]
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  fields integer[] := ARRAY[1, 1, 1, 0, 0, 0, 0];  -- year, month, day, hour, minute, second, microsecond
  rest text := upper(format);
  input text := value;
  afternoon boolean;
  token text;
  found text;
BEGIN
  WHILE rest <> '' LOOP
    token := substring(rest FROM '^(YYYY|YY|MONTH|MON|MM|DD|HH24|HH12|HH|MI|SS|MS|US|AM|PM)');
    IF token IS NULL THEN
      IF rest ~ '^[A-Z0-9]' THEN
        RETURN NULL;
      END IF;
      rest := substr(rest, 2);
      input := CASE WHEN input ~ '^[^A-Za-z0-9]' THEN substr(input, 2) ELSE input END;
      CONTINUE;
    END IF;
    rest := substr(rest, length(token) + 1);
    input := ltrim(input);
    found := substring(input FROM CASE WHEN token IN ('MONTH', 'MON', 'AM', 'PM') THEN '^[A-Za-z]+'
                                       WHEN token = 'YYYY' THEN '^[0-9]{1,4}' WHEN token = 'MS' THEN '^[0-9]{1,3}'
                                       WHEN token = 'US' THEN '^[0-9]{1,6}' ELSE '^[0-9]{1,2}' END);
    IF found IS NULL THEN
      RETURN CASE WHEN input = '' THEN fields END;
    END IF;
    input := substr(input, length(found) + 1);
    CASE
      WHEN token = 'YYYY' THEN fields[1] := found;
      WHEN token = 'YY' THEN fields[1] := found::integer + CASE WHEN found::integer < 70 THEN 2000 ELSE 1900 END;
      WHEN token IN ('MONTH', 'MON') THEN
        fields[2] := postgresql_date_part('month', postgresql_to_date(found, token));
      WHEN token = 'MM' THEN fields[2] := found;
      WHEN token = 'DD' THEN fields[3] := found;
      WHEN token IN ('HH24', 'HH12', 'HH') THEN fields[4] := found;
      WHEN token = 'MI' THEN fields[5] := found;
      WHEN token = 'SS' THEN fields[6] := found;
      WHEN token = 'MS' THEN fields[7] := rpad(found, 6, '0');
      WHEN token = 'US' THEN fields[7] := rpad(found, 6, '0');
      ELSE afternoon := upper(found) = 'PM';
    END CASE;
  END LOOP;
  IF afternoon IS NOT NULL THEN
    fields[4] := fields[4] % 12 + CASE WHEN afternoon THEN 12 ELSE 0 END;
  END IF;
  RETURN fields;
END $$;
CREATE OR REPLACE FUNCTION pg_internal.read_timestamp(value text, format text, strict_ boolean) RETURNS timestamptz
LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  fields integer[];
BEGIN
  IF value = '' THEN
    RETURN timestamp '0001-01-01 00:00:00';
  END IF;
  IF upper(format) ~ '(TZ|OF)' THEN
    RAISE EXCEPTION '"TZ"/"tz"/"OF" format patterns are not supported in to_date' USING ERRCODE = '0A000';
  END IF;
  RETURN postgresql_to_timestamp(value, format);
EXCEPTION WHEN datetime_field_overflow THEN
  fields := pg_internal.read_fields(value, format);
  IF fields IS NULL THEN
    RAISE;
  ELSIF NOT strict_ THEN
    RETURN make_timestamp(greatest(fields[1], 1), 1, 1, 0, 0, 0) + make_interval(months => fields[2] - 1, days => fields[3] - 1)
           + make_interval(hours => fields[4], mins => fields[5], secs => fields[6] + fields[7] / 1000000.0);
  ELSIF fields[4] > 23 OR fields[5] > 59 OR fields[6] > 59 THEN
    RAISE EXCEPTION 'date/time field time value out of range: %:%:%.%', fields[4], fields[5], fields[6], fields[7]
      USING ERRCODE = '22008';
  ELSE
    RAISE EXCEPTION 'date/time field date value out of range: %-%-%', fields[1], fields[2], fields[3]
      USING ERRCODE = '22008';
  END IF;
END $$;
CREATE OR REPLACE FUNCTION pg_catalog.to_timestamp(value text, format text, strict_ boolean DEFAULT false)
RETURNS timestamptz LANGUAGE sql STABLE STRICT PARALLEL SAFE RETURN pg_internal.read_timestamp(value, format, strict_);
CREATE OR REPLACE FUNCTION pg_catalog.to_date(value text, format text, strict_ boolean DEFAULT false) RETURNS date
LANGUAGE sql STABLE STRICT PARALLEL SAFE RETURN pg_internal.read_timestamp(value, format, strict_)::date;
