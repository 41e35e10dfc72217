#include "endpoint/sql/sql_error.h"

#include <fmt/format.h>
#include <unistd.h>

namespace penstock::endpoint {

SqlError redshift_error(const std::string& message, int code, const std::string& context, std::int64_t query,
                        const std::string& location) {
  static constexpr std::string_view kRule = "-----------------------------------------------";
  return {"XX000", message,
          fmt::format("\n  {}\n  error:  {}\n  code:      {}\n  context:   {}\n  query:     {}\n  location:  {}\n"
                      "  process:   padbmaster [pid={}]\n  {}\n",
                      kRule, message, code, context, query, location, ::getpid(), kRule)};
}

SqlError not_supported(const std::string& what) {
  return {"0A000", fmt::format("{} is not supported by this local Redshift", what)};
}

}  // namespace penstock::endpoint
