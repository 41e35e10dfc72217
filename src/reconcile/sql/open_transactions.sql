SELECT DISTINCT xid FROM pg_catalog.svv_transactions
