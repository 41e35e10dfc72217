SELECT min(starttime), GETDATE() FROM pg_catalog.stl_utilitytext
