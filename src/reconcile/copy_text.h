// What a COPY's own text says of it, as the system tables keep it: newlines there are the two characters \n.
//
// Threads: any. Errors: none; what is no COPY says so.
#pragma once

#include <string>
#include <string_view>

namespace penstock::reconcile {

struct CopyText {
  bool is_copy = false;
  bool is_noload = false;  // NOLOAD: checks the data and loads nothing
  std::string table{};     // schema.table, or as much as is written of it; in lower case
};
CopyText read_copy(std::string_view statement);

enum class TransactionEnd { none, commit, rollback };
// What the statement does to the transaction that it is in.
TransactionEnd read_end(std::string_view statement);

}  // namespace penstock::reconcile
