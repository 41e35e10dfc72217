#include "load/target.h"

#include "base/text.h"
#include "load/fingerprint.h"

namespace penstock {

Target target_of(const std::string& schema, const std::string& table) {
  Target target{lower(schema), lower(table), {}};
  target.id = sha256_hex(std::string(target.schema).append(1, '\0').append(target.table)).substr(0, 16);
  return target;
}

}  // namespace penstock
