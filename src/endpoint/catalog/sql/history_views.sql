-- History is not part of a transaction's snapshot: what was recorded a moment ago is seen, also inside of a transaction
-- that began before. A view therefore reads through a session of its own (dblink, kept for the client's session), as
-- the superuser, and only the rows that the client may see.
CREATE OR REPLACE FUNCTION pg_internal.connect_history() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF 'history' = ANY (coalesce(pg_internal.dblink_get_connections(), '{}')) THEN
    RETURN;
  END IF;
  PERFORM pg_internal.dblink_connect('history', (SELECT value FROM pg_internal.settings WHERE name = 'conninfo'));
END $$;
REVOKE ALL ON FUNCTION pg_internal.connect_history() FROM PUBLIC;

DO $$
DECLARE
  relation record;
  owner_column text;
BEGIN
  FOR relation IN
    SELECT c.oid, c.relname,
           string_agg(quote_ident(attname), ', ' ORDER BY attnum) AS columns,
           -- without the padding of char(n), which comes back on this side
           string_agg(CASE atttypid WHEN 'bpchar'::regtype THEN format('%I::text', attname) ELSE quote_ident(attname) END,
                      ', ' ORDER BY attnum) AS fetched,
           string_agg(format('%I %s', attname, format_type(atttypid, atttypmod)), ', ' ORDER BY attnum) AS definition
      FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
     WHERE c.relnamespace = 'pg_internal'::regnamespace AND c.relkind = 'r' AND c.relname ~ '^(stl|sys|stv)_'
       AND attnum > 0 AND NOT attisdropped AND attname <> 'recorded_at'
     GROUP BY c.oid, c.relname
  LOOP
    EXECUTE format('ALTER TABLE pg_internal.%I ADD COLUMN IF NOT EXISTS recorded_at timestamptz NOT NULL DEFAULT now()',
                   relation.relname);
    EXECUTE format('CREATE INDEX IF NOT EXISTS %I ON pg_internal.%I (recorded_at)',
                   relation.relname || '_recorded_at', relation.relname);
    owner_column := CASE WHEN relation.relname LIKE 'sys\_%' THEN 'user_id' WHEN relation.relname = 'stl_tr_conflict'
                         THEN 'NULL' ELSE 'userid' END;  -- NULL: for the administrator alone
    EXECUTE format($f$
      CREATE OR REPLACE FUNCTION pg_internal.%1$I() RETURNS TABLE (%2$s)
      LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
      #variable_conflict use_column
      DECLARE
        reader integer := pg_internal.restricted_reader();
      BEGIN
        PERFORM pg_internal.connect_history();
        RETURN QUERY SELECT * FROM pg_internal.dblink('history',
          'SELECT %3$s FROM pg_internal.%4$I' || coalesce(' WHERE %5$s = ' || reader, '')) AS t(%2$s);
      END $body$ $f$,
      'read_' || relation.relname, relation.definition, relation.fetched, relation.relname, owner_column);
    CONTINUE WHEN relation.relname = 'stv_recents';  -- which shows what has run, too: activity_views.sql
    -- a function's result columns lose the lengths of their types: the view gives them back
    EXECUTE format('CREATE OR REPLACE VIEW pg_catalog.%I AS SELECT %s FROM pg_internal.%I()', relation.relname,
                   (SELECT string_agg(format('%1$I::%2$s AS %1$I', attname, format_type(atttypid, atttypmod)), ', '
                                      ORDER BY attnum)
                      FROM pg_attribute
                     WHERE attrelid = relation.oid AND attnum > 0 AND NOT attisdropped AND attname <> 'recorded_at'),
                   'read_' || relation.relname);
    EXECUTE format('GRANT SELECT ON pg_catalog.%I TO PUBLIC', relation.relname);
  END LOOP;
END $$;

CREATE OR REPLACE FUNCTION pg_internal.transactions_now() RETURNS TABLE (pid integer, xid bigint, started timestamp)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM pg_internal.connect_history();
  RETURN QUERY SELECT * FROM pg_internal.dblink('history', 'SELECT pid, xid, started FROM pg_internal.now_transactions')
    AS t(pid integer, xid bigint, started timestamp);
END $$;

CREATE OR REPLACE VIEW pg_catalog.svl_statementtext AS
SELECT t.userid, t.xid, t.pid, q.label, q.starttime, q.endtime, t.sequence, 'QUERY'::varchar(10) AS type, t.text
  FROM pg_catalog.stl_querytext t JOIN pg_catalog.stl_query q ON q.query = t.query
UNION ALL
SELECT userid, xid, pid, label, starttime, endtime, sequence, 'DDL'::varchar(10), text FROM pg_catalog.stl_ddltext
UNION ALL
SELECT userid, xid, pid, label, starttime, endtime, sequence, 'UTILITY'::varchar(10), text FROM pg_catalog.stl_utilitytext;
GRANT SELECT ON pg_catalog.svl_statementtext TO PUBLIC;
