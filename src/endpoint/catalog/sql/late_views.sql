-- Views WITH NO SCHEMA BINDING: views of PostgreSQL that are written anew, from the text that they were given, whenever
-- something changes that they name. What is missing makes of one a view that fails in the words that its text fails with.
-- PostgreSQL is not told what they depend on, so nothing stands in the way of a DROP or ALTER.
CREATE TABLE IF NOT EXISTS pg_internal.late_views (
  view oid PRIMARY KEY,
  columns text[],                        -- given with its name; NULL: none
  query text NOT NULL,
  names text[] NOT NULL,                 -- what it reads: schema.table
  bound_to oid[] NOT NULL DEFAULT '{}',  -- what that is now; empty: something is missing
  is_bound boolean NOT NULL DEFAULT false
);

CREATE OR REPLACE FUNCTION pg_catalog.penstock_unbound(problem text, code text) RETURNS boolean
LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '%', problem USING ERRCODE = code;
END $$;

-- The view's new definition, under the same name, owner and privileges. Gives its number, which is another one when its
-- columns are.
CREATE OR REPLACE FUNCTION pg_internal.redefine_view(view oid, definition text) RETURNS oid
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp SET standard_conforming_strings = off
SET escape_string_warning = off AS $$
DECLARE
  target text := (SELECT format('%I.%I', nspname, relname) FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
                   WHERE c.oid = view);
  before pg_class;
  late pg_internal.late_views;
  remark text := obj_description(view, 'pg_class');
BEGIN
  BEGIN
    EXECUTE format('CREATE OR REPLACE VIEW %s %s', target, definition);
    RETURN view;
  EXCEPTION WHEN invalid_table_definition THEN  -- other columns
    SELECT * INTO before FROM pg_class WHERE oid = view;
    SELECT * INTO late FROM pg_internal.late_views l WHERE l.view = redefine_view.view;
    EXECUTE format('DROP VIEW %s', target);
    EXECUTE format('CREATE VIEW %s %s', target, definition);
    EXECUTE format('ALTER VIEW %s OWNER TO %I', target, pg_get_userbyid(before.relowner));
    IF remark IS NOT NULL THEN
      EXECUTE format('COMMENT ON VIEW %s IS %L', target, remark);
    END IF;
    late.view := to_regclass(target)::oid;
    UPDATE pg_class SET relacl = before.relacl WHERE oid = late.view;
    INSERT INTO pg_internal.late_views SELECT late.*;
    RETURN late.view;
  END;
END $$;

CREATE OR REPLACE FUNCTION pg_internal.bind_late_view(bound oid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  late pg_internal.late_views;
  number oid := bound;
  owner oid := (SELECT relowner FROM pg_class WHERE oid = bound);
  outer_ones text := coalesce(current_setting('penstock.binding', true), '');
  problem text;
  code text;
  placeholders text;
  reads oid[];
BEGIN
  IF position(format(',%s,', bound) IN outer_ones) > 0 THEN
    RETURN;  -- it reads itself
  END IF;
  PERFORM set_config('penstock.binding', format('%s,%s,', outer_ones, bound), true);
  SELECT * INTO late FROM pg_internal.late_views WHERE view = bound;
  BEGIN
    number := pg_internal.redefine_view(bound, coalesce((SELECT '(' || string_agg(quote_ident(c), ', ' ORDER BY place) || ') '
                                                           FROM unnest(late.columns) WITH ORDINALITY u(c, place)), '')
                                               || 'AS ' || late.query);
    -- written by the superuser, and yet no more than its owner could have written: casts need no schema's USAGE
    SELECT 'permission denied for schema ' || nspname INTO problem
      FROM pg_rewrite r
      JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid
      LEFT JOIN pg_class c ON d.refclassid = 'pg_class'::regclass AND c.oid = d.refobjid
      LEFT JOIN pg_proc p ON d.refclassid = 'pg_proc'::regclass AND p.oid = d.refobjid
      LEFT JOIN pg_type t ON d.refclassid = 'pg_type'::regclass AND t.oid = d.refobjid
      LEFT JOIN pg_operator o ON d.refclassid = 'pg_operator'::regclass AND o.oid = d.refobjid
      JOIN pg_namespace n ON n.oid = coalesce(c.relnamespace, p.pronamespace, t.typnamespace, o.oprnamespace)
     WHERE r.ev_class = number AND d.refobjid <> number AND NOT has_schema_privilege(owner, n.oid, 'USAGE')
       AND (p.oid IS NULL OR p.oid NOT IN (SELECT castfunc FROM pg_cast))
     LIMIT 1;
    IF problem IS NOT NULL THEN
      RAISE EXCEPTION '%', problem USING ERRCODE = '42501';
    END IF;
  EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS problem = MESSAGE_TEXT, code = RETURNED_SQLSTATE;
    IF code IN ('42601', '55P03', '54001') OR code LIKE '40%' OR code LIKE '57%' THEN
      RAISE;
    END IF;
    number := bound;
    SELECT coalesce(string_agg(format('NULL::%s AS %I', format_type(atttypid, atttypmod), attname), ', ' ORDER BY attnum), '')
      INTO placeholders FROM pg_attribute WHERE attrelid = bound AND attnum > 0 AND NOT attisdropped;
    PERFORM pg_internal.redefine_view(bound, format('AS SELECT %s WHERE pg_catalog.penstock_unbound(%L, %L)', placeholders,
                                                    problem, code));
  END;
  WITH gone AS (DELETE FROM pg_depend d USING pg_rewrite r
                 WHERE r.ev_class = number AND d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid
                   AND d.refclassid = 'pg_class'::regclass AND d.refobjid <> number RETURNING d.refobjid)
  SELECT coalesce(array_agg(DISTINCT refobjid), '{}') INTO reads FROM gone;
  UPDATE pg_internal.late_views SET bound_to = reads, is_bound = problem IS NULL WHERE view = number;
  PERFORM set_config('penstock.binding', outer_ones, true);
END $$;

CREATE OR REPLACE FUNCTION pg_internal.rebind_late_views() RETURNS event_trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  changed oid[];
  changed_names text[];
  bound oid;
BEGIN
  IF NOT EXISTS (SELECT FROM pg_internal.late_views) THEN
    RETURN;
  END IF;
  IF tg_event = 'sql_drop' THEN
    DELETE FROM pg_internal.late_views
     WHERE view IN (SELECT objid FROM pg_event_trigger_dropped_objects()
                     WHERE classid = 'pg_class'::regclass AND objsubid = 0);
    SELECT array_agg(objid), array_agg(format('%s.%s', schema_name, object_name)) INTO changed, changed_names
      FROM pg_event_trigger_dropped_objects() WHERE classid = 'pg_class'::regclass;
  ELSE
    SELECT array_agg(c.oid), array_agg(format('%s.%s', nspname, relname)) INTO changed, changed_names
      FROM pg_event_trigger_ddl_commands() d
      JOIN pg_class c ON d.classid = 'pg_class'::regclass AND c.oid = d.objid
      JOIN pg_namespace n ON n.oid = c.relnamespace;
    IF tg_tag = 'CREATE VIEW' THEN  -- one that is bound took its place
      DELETE FROM pg_internal.late_views
       WHERE view = ANY (changed)
         AND position(format(',%s,', view) IN coalesce(current_setting('penstock.binding', true), '')) = 0;
    END IF;
  END IF;
  FOR bound IN SELECT view FROM pg_internal.late_views
                WHERE (names && changed_names OR bound_to && changed OR tg_tag = 'ALTER SCHEMA')
                  AND view <> ALL (coalesce(changed, '{}')) ORDER BY view LOOP
    PERFORM pg_internal.bind_late_view(bound);
  END LOOP;
END $$;
DROP EVENT TRIGGER IF EXISTS penstock_rebind;
CREATE EVENT TRIGGER penstock_rebind ON ddl_command_end
  WHEN TAG IN ('CREATE TABLE', 'CREATE TABLE AS', 'SELECT INTO', 'ALTER TABLE', 'CREATE VIEW', 'ALTER VIEW',
               'CREATE MATERIALIZED VIEW', 'ALTER MATERIALIZED VIEW', 'ALTER SCHEMA')
  EXECUTE FUNCTION pg_internal.rebind_late_views();
DROP EVENT TRIGGER IF EXISTS penstock_rebind_after_drop;
CREATE EVENT TRIGGER penstock_rebind_after_drop ON sql_drop EXECUTE FUNCTION pg_internal.rebind_late_views();

-- wanted: {"name", "replace", "columns" (or null), "query", "names": []}
CREATE OR REPLACE FUNCTION pg_catalog.penstock_adopt_late_view(adopted oid, wanted jsonb) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  found pg_class;
BEGIN
  SELECT * INTO found FROM pg_class WHERE oid = adopted;
  IF found.relkind <> 'v' THEN
    RAISE EXCEPTION '"%" is not a view', found.relname USING ERRCODE = '42809';
  ELSIF NOT pg_has_role(pg_internal.caller(), found.relowner, 'USAGE') THEN
    RAISE EXCEPTION 'must be owner of view %', found.relname USING ERRCODE = '42501';
  ELSIF position(';' IN wanted ->> 'query') > 0 THEN  -- one statement, whatever was sent here
    RAISE EXCEPTION 'a semicolon in a view WITH NO SCHEMA BINDING is not supported by this local Redshift'
      USING ERRCODE = '0A000';
  END IF;
  INSERT INTO pg_internal.late_views (view, columns, query, names)
  VALUES (adopted,
          CASE jsonb_typeof(wanted -> 'columns')
            WHEN 'array' THEN ARRAY(SELECT jsonb_array_elements_text(wanted -> 'columns')) END,
          wanted ->> 'query', ARRAY(SELECT jsonb_array_elements_text(wanted -> 'names')))
  ON CONFLICT (view) DO UPDATE SET columns = excluded.columns, query = excluded.query, names = excluded.names;
  PERFORM pg_internal.bind_late_view(adopted);
END $$;

-- With the client's own rights, up to the text.
CREATE OR REPLACE FUNCTION pg_catalog.penstock_create_late_view(schema_name text, wanted jsonb) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  target text := format('%I.%I', schema_name, wanted ->> 'name');
BEGIN
  IF schema_name IS NULL THEN
    RAISE EXCEPTION 'no schema has been selected to create in' USING ERRCODE = '3F000';
  ELSIF to_regclass(target) IS NULL THEN
    EXECUTE format('CREATE VIEW %s AS SELECT WHERE penstock_unbound(NULL, NULL)', target);
  ELSIF NOT (wanted ->> 'replace')::boolean THEN
    RAISE EXCEPTION 'relation "%" already exists', wanted ->> 'name' USING ERRCODE = '42P07';
  END IF;
  PERFORM penstock_adopt_late_view(to_regclass(target)::oid, wanted);
END $$;

-- Tools read the columns of these views here, and those of all others from the catalogs.
CREATE OR REPLACE FUNCTION pg_catalog.pg_get_late_binding_view_cols() RETURNS SETOF record
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT n.nspname, c.relname, a.attname, format_type(a.atttypid, a.atttypmod)::varchar, a.attnum::integer
    FROM pg_internal.late_views l
    JOIN pg_class c ON c.oid = l.view
    JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
   WHERE l.is_bound AND has_table_privilege(pg_internal.caller(), c.oid, 'SELECT')
   ORDER BY n.nspname, c.relname, a.attnum
$$;

DO $$
BEGIN
  IF to_regclass('pg_internal.information_columns') IS NULL THEN
    EXECUTE 'CREATE VIEW pg_internal.information_columns AS ' || pg_get_viewdef('information_schema.columns'::regclass);
  END IF;
END $$;
CREATE OR REPLACE VIEW information_schema.columns AS
SELECT i.* FROM pg_internal.information_columns i
 WHERE NOT EXISTS (SELECT FROM pg_internal.late_views l JOIN pg_class c ON c.oid = l.view
                                                       JOIN pg_namespace n ON n.oid = c.relnamespace
                    WHERE n.nspname = i.table_schema AND c.relname = i.table_name);
