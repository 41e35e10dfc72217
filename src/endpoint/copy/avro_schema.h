// The schema of an Avro file: a tree of types, which a record may close to a circle.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace penstock::endpoint {

enum class AvroKind {
  null,
  boolean,
  integer,  // int and long, which are written alike
  single,   // float
  real,     // double
  bytes,
  string,
  record,
  enumeration,
  array,
  map,
  alternatives,  // union
  fixed
};

struct AvroType {
  AvroKind kind = AvroKind::null;
  std::vector<std::pair<std::string, const AvroType*>> fields{};  // record
  std::vector<std::string> symbols{};                             // enumeration
  std::vector<const AvroType*> branches{};                        // alternatives; of an array or map: its one type
  std::size_t size = 0;                                           // fixed
};

// Logical types are what they are written as.
class AvroSchema {
 public:
  // nullopt: this is no schema.
  static std::optional<AvroSchema> parse(std::string_view json);
  [[nodiscard]] const AvroType& root() const noexcept { return *root_; }

 private:
  friend class AvroSchemaParser;
  std::vector<std::unique_ptr<AvroType>> types_;
  const AvroType* root_ = nullptr;
};

}  // namespace penstock::endpoint
