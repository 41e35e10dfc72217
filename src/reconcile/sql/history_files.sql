-- Objects that COPYs read, and the first error of each that had some.
SELECT f.name, f.query_id, f.etag, f.last_modified, f.errors, f.line_number, f.column_name, f.reason
FROM (
  SELECT rtrim(file_name) AS name, query_id, rtrim(file_etag) AS etag, file_last_modified AS last_modified, 0 AS errors,
         0 AS line_number, '' AS column_name, '' AS reason
  FROM pg_catalog.sys_load_detail
  WHERE :begins
  UNION ALL
  SELECT e.name, e.query_id, '', NULL::timestamp, e.errors, e.line_number, e.column_name, e.reason
  FROM (
    SELECT rtrim(file_name) AS name, query_id, line_number, rtrim(column_name) AS column_name,
           rtrim(error_message) AS reason, count(*) OVER (PARTITION BY query_id, file_name) AS errors,
           row_number() OVER (PARTITION BY query_id, file_name ORDER BY line_number) AS place
    FROM pg_catalog.sys_load_error_detail
    WHERE :begins
  ) e
  WHERE e.place = 1
) f
ORDER BY COLLATE(f.name || chr(1), 'case_sensitive'), f.query_id
