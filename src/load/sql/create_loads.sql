-- What was loaded. A row is the last thing that its transaction writes: that it is there is the commit.
-- From kind on: of what is no load from S3 by date (upsert, append, replace); NULL for loads.
-- Inside a load's transaction nobody reads this table, so that loads of different targets never conflict over it.
CREATE TABLE IF NOT EXISTS :loads (
  load_id varchar(36) NOT NULL,
  attempt_id varchar(36) NOT NULL,
  target varchar(300) NOT NULL,
  schema_name varchar(127) NOT NULL,
  table_name varchar(127) NOT NULL,
  data_date timestamp NOT NULL,
  plan_sha256 char(64) NOT NULL,
  files bigint NOT NULL,
  rows bigint NOT NULL,
  replaced bigint NOT NULL,
  bytes bigint NOT NULL,
  copy_query bigint,
  objects varchar(65535) NOT NULL,
  committed_by varchar(256) NOT NULL,
  committed_at timestamp NOT NULL,
  kind varchar(16),
  source varchar(4096),
  records_read bigint,
  inserted bigint,
  updated bigint,
  superseded bigint,
  rejected bigint
)
