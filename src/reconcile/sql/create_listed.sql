-- The keys that are there. stem: a number that keys share whose names the system tables may show alike.
CREATE TEMP TABLE penstock_listed (
  file_key varchar(4096),
  stem bigint,
  bytes bigint,
  etag varchar(1024),
  last_modified timestamp
) DISTKEY (file_key)
