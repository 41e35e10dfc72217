// The table that a load is for, and the names of our own tables that belong to it.
#pragma once

#include <string>

#include "redshift/sql.h"

namespace penstock {

inline constexpr char kLedgerSchema[] = "penstock";

// Redshift folds identifiers to lower case even when they are quoted, so Pages and pages are one table, and must be
// one lock: schema and table are in lower case here, however a user spells them.
struct Target {
  std::string schema;
  std::string table;
  std::string id;  // 16 hex digits of the SHA-256 of both

  [[nodiscard]] redshift::Qualified name() const { return {schema, table}; }
  [[nodiscard]] redshift::Qualified lock_table() const { return {kLedgerSchema, "lk_" + id}; }
  [[nodiscard]] redshift::Qualified ledger() const { return {kLedgerSchema, "ledger_" + id}; }
  [[nodiscard]] redshift::Qualified parts() const { return {kLedgerSchema, "parts_" + id}; }
  [[nodiscard]] std::string text() const { return schema + "." + table; }  // for people
};

Target target_of(const std::string& schema, const std::string& table);

}  // namespace penstock
