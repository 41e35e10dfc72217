-- All columns: those that came later are not there until a load or upsert has added them.
SELECT *
FROM :loads
WHERE :condition
ORDER BY committed_at DESC, load_id
