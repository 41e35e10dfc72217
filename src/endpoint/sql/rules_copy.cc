// COPY from S3; the COPY of PostgreSQL, from a client's stream or a server's file, is none of Redshift's.
#include "endpoint/sql/rules.h"

namespace penstock::endpoint {

std::optional<Decision> copy(const StatementText& statement) {
  if (is_copy_from_url(statement.tokens)) return Decision{.action = RunCopy{parse_copy(statement.tokens)}};
  throw SqlError("0A000", "COPY reads from S3 only: COPY FROM STDIN, TO and PROGRAM are not supported by Redshift");
}

}  // namespace penstock::endpoint
