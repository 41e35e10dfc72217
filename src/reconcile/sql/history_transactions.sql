SELECT transaction_id, rtrim(status), undo_transaction_id
FROM pg_catalog.sys_transaction_history
WHERE transaction_id IN (:transactions)
