-- The files whose rows are in one target. A row goes when its file's rows do: DELETE of a period takes both.
-- file_id is what is compared; the rest is for people. load_rows is the whole load's count, on each of its files.
CREATE TABLE IF NOT EXISTS :ledger (
  load_id varchar(36) NOT NULL,
  file_id char(64) NOT NULL,
  key_id char(64) NOT NULL,
  bucket varchar(255) NOT NULL,
  key varchar(4096) NOT NULL,
  etag varchar(1024) NOT NULL,
  size bigint NOT NULL,
  last_modified timestamp,
  data_date timestamp NOT NULL,
  rows bigint,
  load_rows bigint NOT NULL
)
