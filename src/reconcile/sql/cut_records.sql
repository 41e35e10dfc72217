-- Loads in no ledger whose objects did not all fit into their record.
SELECT count(*)
FROM :loads l LEFT JOIN (:in_ledger) g ON g.load_id = l.load_id
WHERE g.load_id IS NULL AND left(l.objects, 8) = '[["s3://' AND GET_ARRAY_LENGTH(JSON_PARSE(l.objects)) < l.files
      AND :of_table
