SELECT min(start_time), GETDATE() FROM pg_catalog.sys_load_history
