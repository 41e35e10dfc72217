// A resource of CSV or JSON as inputs of staging: what each holds, unpacked, and what its fields are called.
//
// Threads: one; the inputs are read as input.h says. Lifetime: the buckets outlive the inputs; stdin is read once.
// Errors: invalid: options that mean nothing for JSON; refused: a header that is none, or other than the first's;
// those of the files and objects: one that changed since it was found is a conflict.
#pragma once

#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "move/resource.h"
#include "penstock/store.h"
#include "staging/input.h"
#include "staging/staged_text.h"

namespace penstock::network {

struct TextOptions {
  std::vector<std::string> columns{};  // of CSV that has no header
  char quote = '"';
  std::optional<char> escape{};
  std::string null_as{};
  bool beginning = false;  // only the first bytes are wanted: objects are asked for in small ranges, which grow
};

struct TextSource {
  staging::Shape shape{};
  std::vector<std::string> names{};  // of CSV's fields
  std::vector<staging::Input> inputs{};
  std::uint64_t size = 0;  // bytes as stored; 0: not known
};

// source: after find_items().
TextSource open_text(const Resource& source, const TextOptions& options, Buckets& buckets, const std::stop_token& stop);

}  // namespace penstock::network
