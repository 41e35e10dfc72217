-- What the recorder writes: a table for each system table of history, with the documented columns and types. Clients
-- see them through views of the same names in pg_catalog (history_views.sql).
CREATE TABLE IF NOT EXISTS pg_internal.stl_query (
  userid integer, query integer, label char(320), xid bigint, pid integer, database char(32), querytxt char(4000),
  starttime timestamp, endtime timestamp, aborted integer, insert_pristine integer, concurrency_scaling_status integer
);
CREATE TABLE IF NOT EXISTS pg_internal.stl_querytext (
  userid integer, xid bigint, pid integer, query integer, sequence integer, text char(200), user_query_id bigint,
  child_query_sequence integer, query_uuid char(36)
);
CREATE TABLE IF NOT EXISTS pg_internal.stl_utilitytext (
  userid integer, xid bigint, pid integer, label char(320), starttime timestamp, endtime timestamp, sequence integer,
  text char(200)
);
CREATE TABLE IF NOT EXISTS pg_internal.stl_ddltext (
  userid integer, xid bigint, pid integer, label char(320), starttime timestamp, endtime timestamp, sequence integer,
  text char(200)
);
CREATE TABLE IF NOT EXISTS pg_internal.sys_query_history (
  user_id integer, query_id bigint, query_label char(320), transaction_id bigint, session_id integer,
  database_name char(128), query_type char(32), status char(10), result_cache_hit boolean, start_time timestamp,
  end_time timestamp, elapsed_time bigint, queue_time bigint, execution_time bigint, error_message char(512),
  returned_rows bigint, returned_bytes bigint, query_text char(4000), redshift_version char(256), usage_limit char(150),
  compute_type varchar(32), compile_time bigint, planning_time bigint, lock_wait_time bigint, service_class_id integer,
  service_class_name char(64), query_priority char(20), short_query_accelerated char(10), user_query_hash char(40),
  generic_query_hash char(40), query_hash_version integer, result_cache_query_id integer, username char(128)
);
CREATE TABLE IF NOT EXISTS pg_internal.stl_load_commits (
  userid integer, query integer, slice integer, name char(256), filename char(256), byte_offset integer,
  lines_scanned integer, errors integer, curtime timestamp, status integer, file_format char(16), is_partial integer,
  start_offset bigint, copy_job_id bigint
);
CREATE TABLE IF NOT EXISTS pg_internal.stl_load_errors (
  userid integer, slice integer, tbl integer, starttime timestamp, session integer, query integer, filename char(256),
  line_number bigint, colname char(127), type char(10), col_length char(10), position integer, raw_line char(1024),
  raw_field_value char(1024), err_code integer, err_reason char(100), is_partial integer, start_offset bigint,
  copy_job_id bigint
);
CREATE TABLE IF NOT EXISTS pg_internal.stl_file_scan (
  userid integer, query integer, slice integer, name char(90), lines bigint, bytes bigint, loadtime bigint,
  curtime timestamp, is_partial integer, start_offset bigint
);
CREATE TABLE IF NOT EXISTS pg_internal.sys_load_history (
  user_id integer, query_id bigint, transaction_id bigint, session_id integer, database_name text, status text,
  table_name text, start_time timestamp, end_time timestamp, duration bigint, data_source text, file_format text,
  loaded_rows bigint, loaded_bytes bigint, source_file_count integer, source_file_bytes bigint,
  file_count_scanned integer, file_bytes_scanned bigint, error_count bigint, copy_job_id bigint
);
CREATE TABLE IF NOT EXISTS pg_internal.sys_load_detail (
  user_id integer, query_id integer, file_name char(256), bytes_scanned integer, lines_scanned integer,
  record_time timestamp, splits_scanned integer, start_time timestamp, end_time timestamp, file_etag char(256),
  file_last_modified timestamp
);
CREATE TABLE IF NOT EXISTS pg_internal.sys_load_error_detail (
  user_id integer, query_id bigint, transaction_id bigint, session_id integer, database_name char(64),
  table_id integer, start_time timestamp, file_name char(256), line_number bigint, column_name char(127),
  column_type char(10), column_length char(10), position integer, error_code integer, error_message char(512)
);
CREATE TABLE IF NOT EXISTS pg_internal.stl_s3client (
  userid integer, query integer, slice integer, recordtime timestamp, pid integer, http_method char(64),
  bucket char(64), key char(256), transfer_size bigint, data_size bigint, start_time bigint, end_time bigint,
  transfer_time bigint, compression_time bigint, connect_time bigint, app_connect_time bigint, retries bigint,
  request_id char(32), extended_request_id char(128), ip_address char(64), is_partial integer, start_offset bigint,
  query_uuid char(36)
);
CREATE TABLE IF NOT EXISTS pg_internal.stl_tr_conflict (
  xact_id bigint, process_id bigint, xact_start_ts timestamp, abort_time timestamp, table_id bigint
);
CREATE TABLE IF NOT EXISTS pg_internal.sys_query_text (
  user_id integer, query_id bigint, transaction_id bigint, session_id integer, start_time timestamp, sequence integer,
  text char(4000), query_uuid char(36)
);
CREATE TABLE IF NOT EXISTS pg_internal.stl_unload_log (
  userid integer, query integer, slice integer, pid integer, path char(1280), start_time timestamp, end_time timestamp,
  line_count bigint, transfer_size bigint, file_format char(10), user_query_id bigint, transaction_id bigint
);
CREATE TABLE IF NOT EXISTS pg_internal.sys_unload_history (
  user_id integer, query_id bigint, transaction_id bigint, session_id integer, database_name text, status text,
  start_time timestamp, end_time timestamp, duration bigint, file_format text, compression_type text,
  unloaded_location text, unloaded_rows bigint, unloaded_files_count bigint, unloaded_files_size bigint,
  error_message text
);
CREATE TABLE IF NOT EXISTS pg_internal.sys_unload_detail (
  user_id integer, query_id integer, session_id integer, transaction_id bigint, file_name char(1280),
  start_time timestamp, end_time timestamp, line_count bigint, transfer_size bigint, file_format char(10)
);
CREATE TABLE IF NOT EXISTS pg_internal.stl_loaderror_detail (
  userid integer, slice integer, session integer, query integer, filename char(256), line_number bigint, field integer,
  colname char(1024), value char(1024), is_null integer, type char(10), col_length char(10)
);
CREATE TABLE IF NOT EXISTS pg_internal.stl_replacements (
  userid integer, query integer, slice integer, tbl integer, starttime timestamp, session integer, filename char(256),
  line_number bigint, colname char(127), raw_line char(1024), user_query_id bigint
);
CREATE TABLE IF NOT EXISTS pg_internal.stl_s3client_error (
  userid integer, query integer, sliceid integer, recordtime timestamp, pid integer, http_method char(64),
  bucket char(64), key char(256), error char(1024), is_partial integer, start_offset bigint
);
CREATE TABLE IF NOT EXISTS pg_internal.stl_error (
  userid integer, process char(12), recordtime timestamp, pid integer, errcode integer, file char(90), linenum integer,
  context char(100), error char(512)
);

-- What the sessions do now: written anew whenever it is asked for.
CREATE TABLE IF NOT EXISTS pg_internal.stv_inflight (
  userid integer, slice integer, query integer, label char(320), xid bigint, pid integer, starttime timestamp,
  text char(100), suspended integer, insert_pristine integer, concurrency_scaling_status integer
);
CREATE TABLE IF NOT EXISTS pg_internal.stv_recents (
  userid integer, status char(20), starttime timestamp, duration integer, user_name char(50), db_name char(50),
  query char(600), pid integer
);
CREATE TABLE IF NOT EXISTS pg_internal.stv_load_state (
  userid integer, session integer, query integer, slice integer, pid integer, recordtime timestamp,
  bytes_to_load bigint, bytes_loaded bigint, bytes_to_load_compressed bigint, bytes_loaded_compressed bigint,
  lines integer, num_files integer, num_files_complete integer, current_file char(256), pct_complete integer
);
CREATE TABLE IF NOT EXISTS pg_internal.now_transactions (
  pid integer, xid bigint, started timestamp, recorded_at timestamptz NOT NULL DEFAULT now()
);
