// What a statement leaves in the system tables, as rows: pure, so that its cases are a table.
//
// A new system table is a table in sql/history_tables.sql and rows of its name here.
#pragma once

#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "endpoint/catalog/recorder.h"

namespace penstock::endpoint {

struct SystemRow {
  std::string table;           // "stl_query"
  nlohmann::ordered_json row;  // column → value; a column left out is NULL
};

// user: the record's user as the system tables number it.
std::vector<SystemRow> statement_rows(const StatementRecord& statement, std::int64_t user);
// Beside those of the COPY as a statement.
std::vector<SystemRow> copy_rows(const StatementRecord& statement, std::int64_t user, const CopyStatement& copy,
                                 const TargetTable& target, const CopyReport& report);

// Beside those of the UNLOAD as a statement.
std::vector<SystemRow> unload_rows(const StatementRecord& statement, std::int64_t user, const UnloadStatement& unload,
                                   const UnloadReport& report);

// What a session does now.
std::vector<SystemRow> activity_rows(const SessionNow& session, std::int64_t user);
// The tables that these rows are of: each time all of them anew.
std::span<const std::string_view> activity_tables();

// Pieces of at most `size` bytes, cut between characters; newlines as \n, as the system tables show them.
std::vector<std::string> text_pieces(std::string_view text, std::size_t size);
// What PostgreSQL can keep: no NUL, nothing that isn't UTF-8 ('.' for each such byte), at most `size` bytes.
std::string storable(std::string_view text, std::size_t size = std::string_view::npos);

}  // namespace penstock::endpoint
