-- What the ledgers have of the prefix: see ledger_files.sql.
CREATE TEMP TABLE penstock_loaded (
  file_key varchar(4096),
  load_id varchar(36),
  etag varchar(1024),
  bytes bigint,
  last_modified timestamp,
  schema_name varchar(128),
  table_name varchar(128),
  committed_at timestamp,
  copy_query bigint,
  gone int
) DISTKEY (file_key)
