-- Of which keys it is known without looking closer what they are: 1 to be committed, as nobody loaded them; 2 already
-- committed by the one load that there is, of the same bytes; 3 likewise, and not in the window. 0: all others. chr(1):
-- blanks at the end of a text count here, and in no comparison of Redshift's; nor does case, in some databases. So
-- more may be alike to the joins than is, and what is to be the same is compared once more.
CREATE TEMP TABLE penstock_judged DISTKEY (file_key) AS
SELECT k.file_key, k.bytes, k.etag, k.last_modified,
       CASE WHEN n.stem IS NOT NULL THEN 0
            WHEN g.file_key IS NULL THEN 1
            WHEN g.loads = 1 AND g.at IS NOT NULL AND g.bytes = k.bytes AND k.etag <> ''
                 AND COLLATE(g.etag || chr(1), 'case_sensitive') = COLLATE(k.etag || chr(1), 'case_sensitive')
                 AND COLLATE(g.file_key || chr(1), 'case_sensitive') = COLLATE(k.file_key || chr(1), 'case_sensitive')
              THEN CASE WHEN :in_window THEN 2 ELSE 3 END
            ELSE 0 END AS verdict
FROM penstock_listed k
LEFT JOIN (
  SELECT min(l.file_key) AS file_key, count(*) AS loads, min(l.etag) AS etag, min(l.bytes) AS bytes,
         min(l.committed_at) AS at
  FROM penstock_loaded l
  GROUP BY l.file_key
) g ON g.file_key = k.file_key
LEFT JOIN (SELECT DISTINCT d.stem FROM penstock_named d) n ON n.stem = k.stem
