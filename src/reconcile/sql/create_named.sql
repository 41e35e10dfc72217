-- The stems of names that others than the ledger know.
CREATE TEMP TABLE penstock_named (stem bigint)
