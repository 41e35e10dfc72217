// What the parts of one write have in common, and whether a table takes it. Pure.
//
// Threads: any. Errors: refused, all of it listed.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "penstock/staged_write.h"
#include "redshift/catalog.h"
#include "table/type.h"

namespace penstock {

// The part's folder, of an object's key: what ends in staged/<id>/; nullopt: the key is not of a part of this id.
std::optional<std::string_view> folder_of_part(std::string_view key, std::string_view id);

// What the ledger compares: SHA-256 of all that was staged.
std::string fingerprint_of(const StagedPart& part);

// The columns of all of them. refused: they differ, a part or a partition is there twice, or only some have a
// partition.
std::vector<StagedPart::Column> columns_of(std::span<const StagedPart> parts);

// Why the staged text of a column is not what would be staged for a column of this type; nullopt: it is.
std::optional<std::string> misfit(const StagedPart::Column& column, const table::Type& into);

}  // namespace penstock
