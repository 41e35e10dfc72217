-- Upserts that failed: written once they were rolled back, by a statement of its own, if the session lives.
CREATE TABLE IF NOT EXISTS :failures (
  load_id varchar(36) NOT NULL,
  attempt_id varchar(36) NOT NULL,
  schema_name varchar(127) NOT NULL,
  table_name varchar(127) NOT NULL,
  kind varchar(16) NOT NULL,
  source varchar(4096) NOT NULL,
  error varchar(16384) NOT NULL,
  failed_by varchar(256) NOT NULL,
  failed_at timestamp NOT NULL
)
