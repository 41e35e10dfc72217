-- As history_files.sql. A large object has several rows, one a split.
SELECT f.name, f.query_id, f.etag, f.last_modified, f.errors, f.line_number, f.column_name, f.reason
FROM (
  SELECT DISTINCT rtrim(filename) AS name, query AS query_id, '' AS etag, NULL::timestamp AS last_modified, 0 AS errors,
         0 AS line_number, '' AS column_name, '' AS reason
  FROM pg_catalog.stl_load_commits
  WHERE :begins
  UNION ALL
  SELECT e.name, e.query, '', NULL::timestamp, e.errors, e.line_number, e.column_name, e.reason
  FROM (
    SELECT rtrim(filename) AS name, query, line_number, rtrim(colname) AS column_name, rtrim(err_reason) AS reason,
           count(*) OVER (PARTITION BY query, filename) AS errors,
           row_number() OVER (PARTITION BY query, filename ORDER BY line_number) AS place
    FROM pg_catalog.stl_load_errors
    WHERE :begins
  ) e
  WHERE e.place = 1
) f
ORDER BY COLLATE(f.name || chr(1), 'case_sensitive'), f.query_id
