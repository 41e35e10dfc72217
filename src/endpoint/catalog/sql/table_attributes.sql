-- DISTKEY, SORTKEY, ENCODE and the like: what PostgreSQL has no place for, kept beside its catalog and in the same
-- transaction. Before a statement the endpoint calls penstock_attributes() with what it took out of it; the event
-- trigger knows which table the statement made, and files them there.
CREATE TABLE IF NOT EXISTS pg_internal.table_attributes (
  relation oid PRIMARY KEY,
  created_at timestamp NOT NULL DEFAULT (clock_timestamp() AT TIME ZONE 'UTC'),
  diststyle text,        -- EVEN, ALL, KEY, AUTO; NULL: AUTO
  distkey smallint,      -- a column's number
  sortstyle text,        -- COMPOUND, INTERLEAVED, NONE, AUTO; NULL: AUTO
  sortkeys smallint[],   -- columns' numbers, in the key's order
  backup boolean NOT NULL DEFAULT true
);
CREATE TABLE IF NOT EXISTS pg_internal.column_attributes (
  relation oid,
  number smallint,
  encoding text NOT NULL,  -- as pg_table_def shows it: none, zstd, …
  PRIMARY KEY (relation, number)
);
-- What tables gone without a trace (the temporary ones of ended sessions) left behind.
DELETE FROM pg_internal.table_attributes WHERE relation NOT IN (SELECT oid FROM pg_class);
DELETE FROM pg_internal.column_attributes WHERE relation NOT IN (SELECT oid FROM pg_class);

CREATE OR REPLACE FUNCTION pg_internal.column_number(relation oid, column_name text, named_in text) RETURNS smallint
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  number smallint;
BEGIN
  SELECT attnum INTO number FROM pg_attribute
   WHERE attrelid = relation AND attname = column_name AND attnum > 0 AND NOT attisdropped;
  IF number IS NULL THEN
    RAISE EXCEPTION 'column "%" named in % does not exist', column_name, named_in USING ERRCODE = '42703';
  END IF;
  RETURN number;
END $$;

-- Until the next DDL of this transaction. In the client's own search path: names of other tables become their numbers.
-- {"diststyle", "distkey", "sortstyle", "sortkeys": [], "backup", "encodings": {column: encoding}, "like": table,
--  "foreign_keys": [{"name", "columns": [], "table" (absent: the same one), "referenced_columns": []}],
--  "added_keys": [{"name", "primary", "columns": []}]}
CREATE OR REPLACE FUNCTION pg_catalog.penstock_attributes(attributes jsonb) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  IF attributes ? 'like' THEN
    attributes := pg_catalog.jsonb_set(attributes, '{like}',
                                       pg_catalog.to_jsonb((attributes ->> 'like')::pg_catalog.regclass::pg_catalog.oid));
  END IF;
  FOR i IN 0 .. coalesce(pg_catalog.jsonb_array_length(attributes -> 'foreign_keys'), 0) - 1 LOOP
    IF attributes -> 'foreign_keys' -> i ? 'table' THEN
      attributes := pg_catalog.jsonb_set(
        attributes, ARRAY['foreign_keys', i::text, 'table'],
        pg_catalog.to_jsonb((attributes -> 'foreign_keys' -> i ->> 'table')::pg_catalog.regclass::pg_catalog.oid));
    END IF;
  END LOOP;
  PERFORM pg_catalog.set_config('penstock.attributes', attributes::text, true);
END $$;

CREATE OR REPLACE FUNCTION pg_internal.free_constraint_name(table_id oid, wanted text) RETURNS text
LANGUAGE sql STABLE STRICT SET search_path = pg_catalog, pg_temp AS $$
  SELECT name FROM (SELECT wanted || CASE n WHEN 0 THEN '' ELSE n::text END, n FROM generate_series(0, 1600) n) c (name, n)
   WHERE NOT EXISTS (SELECT FROM pg_constraint WHERE conrelid = table_id AND conname = name)
   ORDER BY n LIMIT 1
$$;

-- A foreign key that every catalog shows and nothing enforces: PostgreSQL's row of one, without the triggers that would.
-- It goes with its table and its columns; what it references is dropped with CASCADE only.
CREATE OR REPLACE FUNCTION pg_internal.add_foreign_key(table_id oid, name text, columns text[], referenced oid,
                                                       referenced_columns text[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  key smallint[] := ARRAY(SELECT pg_internal.column_number(table_id, c, 'FOREIGN KEY')
                            FROM unnest(columns) WITH ORDINALITY u(c, place) ORDER BY place);
  referenced_key smallint[] := ARRAY(SELECT pg_internal.column_number(referenced, c, 'FOREIGN KEY')
                                       FROM unnest(referenced_columns) WITH ORDINALITY u(c, place) ORDER BY place);
  base text := (SELECT relname FROM pg_class WHERE oid = table_id);
  parent text := (SELECT relname FROM pg_class WHERE oid = referenced);
  target pg_constraint;
  made oid := pg_nextoid('pg_constraint', 'oid', 'pg_constraint_oid_index');
BEGIN
  SELECT * INTO target FROM pg_constraint c
   WHERE c.conrelid = referenced
     AND CASE WHEN referenced_key = '{}' THEN c.contype = 'p'
              ELSE c.contype IN ('p', 'u') AND c.conkey @> referenced_key AND c.conkey <@ referenced_key END
   ORDER BY c.contype LIMIT 1;
  IF target.oid IS NULL THEN
    IF referenced_key = '{}' THEN
      RAISE EXCEPTION 'there is no primary key for referenced table "%"', parent USING ERRCODE = '42704';
    END IF;
    RAISE EXCEPTION 'there is no unique constraint matching given keys for referenced table "%"', parent
      USING ERRCODE = '42830';
  END IF;
  IF referenced_key = '{}' THEN
    referenced_key := target.conkey;
  END IF;
  IF cardinality(key) <> cardinality(referenced_key) THEN
    RAISE EXCEPTION 'number of referencing and referenced columns for foreign key disagree' USING ERRCODE = '42830';
  END IF;
  IF EXISTS (SELECT FROM pg_constraint WHERE conrelid = table_id AND conname = name) THEN
    RAISE EXCEPTION 'constraint "%" for relation "%" already exists', name, base USING ERRCODE = '42710';
  END IF;
  INSERT INTO pg_constraint (oid, conname, connamespace, contype, condeferrable, condeferred, convalidated, conrelid,
                             contypid, conindid, conparentid, confrelid, confupdtype, confdeltype, confmatchtype,
                             conislocal, coninhcount, connoinherit, conkey, confkey)
  VALUES (made, coalesce(name, pg_internal.free_constraint_name(table_id, base || '_' || array_to_string(columns, '_') || '_fkey')),
          (SELECT relnamespace FROM pg_class WHERE oid = table_id), 'f', false, false, true, table_id,
          0, target.conindid, 0, referenced, 'a', 'a', 's', true, 0, true, key, referenced_key);
  INSERT INTO pg_depend (classid, objid, objsubid, refclassid, refobjid, refobjsubid, deptype)
  SELECT 'pg_constraint'::regclass, made, 0, 'pg_class'::regclass, table_id, n, 'a'::"char" FROM unnest(key) n
  UNION ALL
  SELECT 'pg_constraint'::regclass, made, 0, 'pg_class'::regclass, referenced, n, 'n' FROM unnest(referenced_key) n
  UNION ALL
  SELECT 'pg_constraint'::regclass, made, 0, 'pg_class'::regclass, target.conindid, 0, 'n';
END $$;

-- PRIMARY KEY or UNIQUE of a table that has rows already, which may be doubled: an index that takes them, and the
-- constraint that shows.
CREATE OR REPLACE FUNCTION pg_internal.add_key(table_id oid, name text, is_primary boolean, columns text[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  key smallint[] := ARRAY(SELECT pg_internal.column_number(table_id, c, CASE WHEN is_primary THEN 'PRIMARY KEY' ELSE 'UNIQUE' END)
                            FROM unnest(columns) WITH ORDINALITY u(c, place) ORDER BY place);
  base text := (SELECT relname FROM pg_class WHERE oid = table_id);
  schema_id oid := (SELECT relnamespace FROM pg_class WHERE oid = table_id);
  chosen text;
  index_id oid;
  made oid := pg_nextoid('pg_constraint', 'oid', 'pg_constraint_oid_index');
BEGIN
  IF is_primary AND EXISTS (SELECT FROM pg_constraint WHERE conrelid = table_id AND contype = 'p') THEN
    RAISE EXCEPTION 'multiple primary keys for table "%" are not allowed', base USING ERRCODE = '42P16';
  END IF;
  IF is_primary AND EXISTS (SELECT FROM pg_attribute WHERE attrelid = table_id AND attnum = ANY (key) AND NOT attnotnull) THEN
    RAISE EXCEPTION 'a PRIMARY KEY takes columns that are NOT NULL only' USING ERRCODE = '0A000';
  END IF;
  SELECT c INTO chosen
    FROM generate_series(0, 1600) n,
         format('%s%s', coalesce(name, CASE WHEN is_primary THEN base || '_pkey'
                                            ELSE base || '_' || array_to_string(columns, '_') || '_key' END),
                nullif(n, 0)) c
   WHERE name IS NOT NULL OR NOT EXISTS (SELECT FROM pg_class WHERE relname = c AND relnamespace = schema_id)
   ORDER BY n LIMIT 1;
  EXECUTE format('CREATE INDEX %I ON %s (%s)', chosen, table_id::regclass,
                 (SELECT string_agg(quote_ident(c), ', ' ORDER BY place) FROM unnest(columns) WITH ORDINALITY u(c, place)));
  index_id := (SELECT oid FROM pg_class WHERE relname = chosen AND relnamespace = schema_id);
  UPDATE pg_index SET indisprimary = is_primary WHERE indexrelid = index_id;
  INSERT INTO pg_constraint (oid, conname, connamespace, contype, condeferrable, condeferred, convalidated, conrelid,
                             contypid, conindid, conparentid, confrelid, confupdtype, confdeltype, confmatchtype,
                             conislocal, coninhcount, connoinherit, conkey)
  VALUES (made, chosen, schema_id, CASE WHEN is_primary THEN 'p' ELSE 'u' END, false, false, true, table_id,
          0, index_id, 0, 0, ' ', ' ', ' ', true, 0, true, key);
  DELETE FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = index_id AND refobjid = table_id;
  INSERT INTO pg_depend (classid, objid, objsubid, refclassid, refobjid, refobjsubid, deptype)
  SELECT 'pg_constraint'::regclass, made, 0, 'pg_class'::regclass, table_id, n, 'a'::"char" FROM unnest(key) n
  UNION ALL
  SELECT 'pg_class'::regclass, index_id, 0, 'pg_constraint'::regclass, made, 0, 'i';
END $$;

-- MERGE … REMOVE DUPLICATES, in PostgreSQL's words; the endpoint turns them into Redshift's.
CREATE OR REPLACE FUNCTION pg_catalog.penstock_refuse_double_match(doubled boolean) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF doubled THEN
    RAISE EXCEPTION 'MERGE command cannot affect row a second time' USING ERRCODE = '21000';
  END IF;
END $$;

-- ALTER TABLE APPEND: the columns that move, in the target's order; refuses what Redshift refuses.
CREATE OR REPLACE FUNCTION pg_catalog.penstock_append_columns(target regclass, source regclass, ignore_extra boolean,
                                                              fill_target boolean) RETURNS text
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  problem text;
BEGIN
  IF target = source THEN
    problem := 'the source and the target are the same table';
  ELSIF EXISTS (SELECT FROM pg_class WHERE oid IN (target, source) AND (relkind <> 'r' OR relpersistence <> 'p')) THEN
    problem := 'both must be permanent tables';
  ELSIF (SELECT count(DISTINCT coalesce(diststyle, 'AUTO')) > 1 OR count(DISTINCT coalesce(nullif(sortstyle, 'NONE'), 'AUTO')) > 1
           FROM pg_internal.table_attributes WHERE relation IN (target, source)) THEN
    problem := 'the distribution or sort styles differ';
  ELSIF (SELECT count(DISTINCT coalesce((SELECT attname FROM pg_attribute WHERE attrelid = relation AND attnum = distkey), '')) > 1
             OR count(DISTINCT ARRAY(SELECT attname FROM unnest(sortkeys) WITH ORDINALITY k(number, place)
                                       JOIN pg_attribute ON attrelid = relation AND attnum = number ORDER BY place)) > 1
           FROM pg_internal.table_attributes WHERE relation IN (target, source)) THEN
    problem := 'the distribution or sort keys differ';
  ELSIF (SELECT count(DISTINCT attrelid) = 2 FROM pg_attribute WHERE attrelid IN (target, source) AND attidentity <> '') THEN
    problem := 'both have an IDENTITY column';
  ELSE
    SELECT CASE WHEN s.attname IS NULL AND NOT fill_target THEN
                  format('the source has no column "%s" (FILLTARGET fills it)', t.attname)
                WHEN t.attname IS NULL AND NOT ignore_extra THEN
                  format('the target has no column "%s" (IGNOREEXTRA drops it)', s.attname)
                WHEN (s.atttypid, s.atttypmod) <> (t.atttypid, t.atttypmod) THEN
                  format('the types of column "%s" differ', t.attname)
                WHEN s.attnotnull <> t.attnotnull THEN format('column "%s" is NOT NULL in one of them only', t.attname)
                WHEN s.encoding <> t.encoding THEN format('the encodings of column "%s" differ', t.attname) END
      INTO problem
      FROM (SELECT a.*, c.encoding FROM pg_attribute a JOIN pg_internal.columns c ON c.relation = attrelid AND c.number = attnum
             WHERE attrelid = target) t
      FULL JOIN (SELECT a.*, c.encoding FROM pg_attribute a JOIN pg_internal.columns c ON c.relation = attrelid AND c.number = attnum
                  WHERE attrelid = source) s ON s.attname = t.attname
     ORDER BY 1 LIMIT 1;
  END IF;
  IF problem IS NOT NULL THEN
    RAISE EXCEPTION 'ALTER TABLE APPEND can''t move rows from % to %: %', source, target, problem USING ERRCODE = '0A000';
  END IF;
  RETURN (SELECT string_agg(quote_ident(t.attname), ', ' ORDER BY t.attnum)
            FROM pg_attribute t JOIN pg_attribute s ON s.attrelid = source AND s.attname = t.attname
           WHERE t.attrelid = target AND t.attnum > 0 AND s.attnum > 0 AND NOT t.attisdropped AND NOT s.attisdropped);
END $$;

-- With the client's own rights.
CREATE OR REPLACE FUNCTION pg_catalog.penstock_append(target regclass, source regclass, ignore_extra boolean,
                                                      fill_target boolean) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  columns text;
BEGIN
  EXECUTE format('LOCK TABLE %s, %s IN ACCESS EXCLUSIVE MODE', source, target);
  columns := penstock_append_columns(target, source, ignore_extra, fill_target);
  EXECUTE format('INSERT INTO %s (%s) OVERRIDING SYSTEM VALUE SELECT %s FROM %s', target, columns, columns, source);
  EXECUTE format('DELETE FROM %s', source);  -- not TRUNCATE: rows that came after the snapshot stay where they are
END $$;

-- Before ALTER COLUMN TYPE varchar(length): refuses what Redshift refuses. That a view uses the column, or that a value
-- is longer, PostgreSQL finds itself.
CREATE OR REPLACE FUNCTION pg_catalog.penstock_may_alter_type(altered regclass, column_name text, length integer)
RETURNS void LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  found pg_attribute;
  encoding text;
BEGIN
  SELECT * INTO found FROM pg_attribute a
   WHERE a.attrelid = altered AND a.attname = column_name AND a.attnum > 0 AND NOT a.attisdropped;
  IF found.attnum IS NULL THEN
    RETURN;  -- ALTER TABLE says so
  END IF;
  SELECT k.encoding INTO encoding FROM pg_internal.column_attributes k
   WHERE k.relation = altered AND k.number = found.attnum;
  IF found.atttypid <> 'varchar'::regtype THEN
    RAISE EXCEPTION 'ALTER TABLE ALTER COLUMN TYPE changes the size of VARCHAR columns only' USING ERRCODE = '0A000';
  ELSIF encoding IN ('bytedict', 'runlength', 'text255', 'text32k') THEN
    RAISE EXCEPTION 'cannot alter type of column "%": its encoding is %', column_name, upper(encoding)
      USING ERRCODE = '0A000';
  ELSIF EXISTS (SELECT FROM pg_constraint c WHERE c.contype IN ('p', 'u', 'f')
                   AND (c.conrelid = altered AND found.attnum = ANY (c.conkey)
                        OR c.confrelid = altered AND found.attnum = ANY (c.confkey))) THEN
    RAISE EXCEPTION 'cannot alter type of column "%": it belongs to a UNIQUE, PRIMARY KEY or FOREIGN KEY constraint',
      column_name USING ERRCODE = '0A000';
  ELSIF found.atthasdef THEN
    RAISE EXCEPTION '%', CASE WHEN found.atttypmod - 4 > length
                              THEN 'cannot decrease a VARCHAR column size with default value'
                              ELSE format('cannot alter type of column "%s": it has a default value', column_name) END
      USING ERRCODE = '0A000';
  END IF;
END $$;

CREATE OR REPLACE FUNCTION pg_internal.file_attributes(table_id oid, attributes json) RETURNS void
LANGUAGE plpgsql STRICT SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  parent oid;
BEGIN
  IF attributes ->> 'like' IS NOT NULL THEN  -- copied by the columns' names
    parent := (attributes ->> 'like')::oid;
    UPDATE pg_internal.table_attributes t
       SET diststyle = p.diststyle, sortstyle = p.sortstyle, backup = p.backup,
           distkey = (SELECT c.attnum FROM pg_attribute c JOIN pg_attribute o ON o.attname = c.attname
                       WHERE c.attrelid = table_id AND o.attrelid = parent AND o.attnum = p.distkey),
           sortkeys = (SELECT array_agg(c.attnum ORDER BY k.place)
                         FROM unnest(p.sortkeys) WITH ORDINALITY k(number, place)
                         JOIN pg_attribute o ON o.attrelid = parent AND o.attnum = k.number
                         JOIN pg_attribute c ON c.attrelid = table_id AND c.attname = o.attname)
      FROM pg_internal.table_attributes p
     WHERE t.relation = table_id AND p.relation = parent;
  END IF;
  UPDATE pg_internal.table_attributes
     SET diststyle = coalesce(attributes ->> 'diststyle', diststyle),
         distkey = CASE WHEN attributes ->> 'distkey' IS NOT NULL
                        THEN pg_internal.column_number(table_id, attributes ->> 'distkey', 'DISTKEY')
                        WHEN attributes ->> 'diststyle' IS NULL THEN distkey END,
         sortstyle = coalesce(attributes ->> 'sortstyle', sortstyle),
         sortkeys = CASE WHEN attributes -> 'sortkeys' IS NULL THEN sortkeys
                         ELSE (SELECT array_agg(pg_internal.column_number(table_id, name, 'SORTKEY') ORDER BY place)
                                 FROM json_array_elements_text(attributes -> 'sortkeys') WITH ORDINALITY k(name, place))
                    END,
         backup = coalesce((attributes ->> 'backup')::boolean, backup)
   WHERE relation = table_id;
  INSERT INTO pg_internal.column_attributes
  SELECT table_id, pg_internal.column_number(table_id, key, 'ENCODE'), value
    FROM json_each_text(coalesce(attributes -> 'encodings', '{}'))
      ON CONFLICT (relation, number) DO UPDATE SET encoding = excluded.encoding;
  IF EXISTS (SELECT FROM pg_internal.table_attributes t JOIN pg_attribute a ON a.attrelid = t.relation AND a.atttypid = 4000
              WHERE t.relation = table_id AND (a.attnum = t.distkey OR a.attnum = ANY (t.sortkeys))) THEN
    RAISE EXCEPTION 'a column of type SUPER is no DISTKEY and no SORTKEY' USING ERRCODE = '0A000';
  END IF;
  PERFORM pg_internal.add_foreign_key(table_id, k ->> 'name', ARRAY(SELECT json_array_elements_text(k -> 'columns')),
                                      coalesce((k ->> 'table')::oid, table_id),
                                      ARRAY(SELECT json_array_elements_text(k -> 'referenced_columns')))
     FROM json_array_elements(coalesce(attributes -> 'foreign_keys', '[]')) k;
  PERFORM pg_internal.add_key(table_id, k ->> 'name', (k ->> 'primary')::boolean,
                              ARRAY(SELECT json_array_elements_text(k -> 'columns')))
     FROM json_array_elements(coalesce(attributes -> 'added_keys', '[]')) k;
END $$;

CREATE OR REPLACE FUNCTION pg_internal.after_ddl() RETURNS event_trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  attributes json := nullif(current_setting('penstock.attributes', true), '');
  command record;
BEGIN
  PERFORM set_config('penstock.attributes', '', true);
  FOR command IN SELECT DISTINCT objid, command_tag, object_type FROM pg_event_trigger_ddl_commands()
                  WHERE classid = 'pg_class'::regclass AND NOT in_extension
                    AND schema_name NOT IN ('pg_internal', 'pg_catalog') LOOP
    -- Keys are informational: the constraint stays and shows in every catalog, its index takes duplicates.
    UPDATE pg_index SET indisunique = false
     WHERE indisunique AND (indexrelid = command.objid OR indrelid = command.objid);
    IF command.object_type = 'table' AND command.command_tag IN ('CREATE TABLE', 'CREATE TABLE AS', 'SELECT INTO') THEN
      DELETE FROM pg_internal.column_attributes WHERE relation = command.objid;  -- of a former bearer of the number
      DELETE FROM pg_internal.table_attributes WHERE relation = command.objid;
      INSERT INTO pg_internal.table_attributes (relation) VALUES (command.objid);
      PERFORM pg_internal.file_attributes(command.objid, attributes);
    ELSIF command.object_type = 'table' AND command.command_tag = 'ALTER TABLE' THEN
      PERFORM pg_internal.file_attributes(command.objid, attributes);
    END IF;
  END LOOP;
END $$;

CREATE OR REPLACE FUNCTION pg_internal.after_drop() RETURNS event_trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  dropped record;
BEGIN
  FOR dropped IN SELECT d.address_names[3] AS name, d.objsubid = t.distkey AS distkey, d.objsubid = ANY (t.sortkeys) AS sortkey,
                        NOT EXISTS (SELECT FROM pg_attribute WHERE attrelid = d.objid AND attnum > 0 AND NOT attisdropped)
                          AS last
                   FROM pg_event_trigger_dropped_objects() d
                   JOIN pg_class c ON c.oid = d.objid
                   JOIN pg_internal.table_attributes t ON t.relation = d.objid
                  WHERE d.classid = 'pg_class'::regclass AND d.objsubid > 0 LOOP
    IF dropped.distkey OR dropped.sortkey THEN
      RAISE EXCEPTION 'cannot drop % column "%"', CASE WHEN dropped.distkey THEN 'distkey' ELSE 'sortkey' END, dropped.name
        USING ERRCODE = '0A000';
    ELSIF dropped.last THEN
      RAISE EXCEPTION 'cannot drop the only column of a table' USING ERRCODE = '0A000';
    END IF;
  END LOOP;
  DELETE FROM pg_internal.column_attributes USING pg_event_trigger_dropped_objects() d
   WHERE d.classid = 'pg_class'::regclass AND d.objid = relation AND d.objsubid IN (0, number);
  DELETE FROM pg_internal.table_attributes USING pg_event_trigger_dropped_objects() d
   WHERE d.classid = 'pg_class'::regclass AND d.objid = relation AND d.objsubid = 0;
END $$;

DROP EVENT TRIGGER IF EXISTS penstock_after_ddl;
CREATE EVENT TRIGGER penstock_after_ddl ON ddl_command_end
  WHEN TAG IN ('CREATE TABLE', 'CREATE TABLE AS', 'SELECT INTO', 'ALTER TABLE')
  EXECUTE FUNCTION pg_internal.after_ddl();
DROP EVENT TRIGGER IF EXISTS penstock_after_drop;
CREATE EVENT TRIGGER penstock_after_drop ON sql_drop EXECUTE FUNCTION pg_internal.after_drop();
