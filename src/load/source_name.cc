#include "load/source_name.h"

#include <fmt/format.h>

#include <array>
#include <string_view>

#include "base/text.h"
#include "codec/decompress.h"
#include "penstock/error.h"
#include "penstock/uri.h"
#include "postgres/address.h"

namespace penstock {

bool names_a_manifest(std::string_view name) { return name.ends_with("manifest"); }

SourcePlace place_of(std::string_view source) {
  if (source == "-") return SourcePlace::standard_input;
  if (is_s3_uri(source)) return SourcePlace::s3;
  if (postgres::is_address(source)) return SourcePlace::postgresql;
  if (source.starts_with("redshift://")) return SourcePlace::redshift;
  if (source.find("://") != std::string_view::npos) return SourcePlace::unknown;
  return source.ends_with(".manifest") ? SourcePlace::s3 : SourcePlace::file;
}

std::optional<NameSays> what_name_says(std::string name) {
  if (codec_of(name) != Codec::none) name.erase(name.rfind('.'));
  struct Suffix {
    std::string_view end;
    NameSays says;
  };
  constexpr std::array kSuffixes{Suffix{".csv", {}},
                                 Suffix{".tsv", {SourceFormat::csv, '\t'}},
                                 Suffix{".json", {SourceFormat::json, ','}},
                                 Suffix{".jsonl", {SourceFormat::json, ','}},
                                 Suffix{".ndjson", {SourceFormat::json, ','}},
                                 Suffix{".parquet", {SourceFormat::parquet, ','}}};
  for (const Suffix& suffix : kSuffixes) {
    if (lower(name).ends_with(suffix.end)) return suffix.says;
  }
  return std::nullopt;
}

NameSays what_names_say(const std::vector<std::string>& names, const std::optional<SourceFormat>& given) {
  std::optional<NameSays> all;
  const std::string* first = nullptr;
  for (const std::string& name : names) {
    const auto says = what_name_says(name);
    if (!says) {
      if (given) continue;
      throw Error(ErrorKind::invalid,
                  fmt::format("{}: the name does not say what is in it; --format does", printable(name)));
    }
    if (all && *all != *says) {
      throw Error(ErrorKind::invalid, fmt::format("{} and {} are of different formats; one upsert reads one",
                                                  printable(*first), printable(name)));
    }
    all = says;
    first = &name;
  }
  return all.value_or(NameSays{});
}

std::string name_of_several(const std::vector<std::string>& names) {
  if (names.size() < 2) return names.empty() ? "" : names.front();
  return fmt::format("{} and {} more", names.front(), names.size() - 1);
}

}  // namespace penstock
