-- The staged parts that were committed into one target. part_sha256 is of all that was staged: it is what is compared.
CREATE TABLE IF NOT EXISTS :parts (
  load_id varchar(36) NOT NULL,
  part_id varchar(36) NOT NULL,
  part_sha256 char(64) NOT NULL,
  rows bigint NOT NULL,
  committed_at timestamp NOT NULL
)
