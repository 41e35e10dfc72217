SELECT file_id, key_id, load_id, data_date FROM :ledger WHERE key_id IN (:key_ids)
