SELECT text FROM pg_catalog.stl_querytext WHERE query = :query ORDER BY sequence
