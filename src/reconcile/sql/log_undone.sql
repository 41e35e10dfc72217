SELECT DISTINCT xact_id_undone FROM pg_catalog.stl_undone WHERE xact_id_undone IN (:transactions)
