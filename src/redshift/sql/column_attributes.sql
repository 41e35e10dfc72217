-- The columns of a table that are its distribution key, in its sort key, or an identity. An interleaved sort key's
-- columns have alternating signs.
SELECT column_name,
       CASE WHEN distkey THEN 1 ELSE 0 END AS dist_key,
       sortkey,
       column_default
FROM svv_redshift_columns
WHERE database_name = current_database() AND schema_name = :schema AND table_name = :name
      AND (distkey OR sortkey <> 0 OR column_default LIKE '%identity%')
