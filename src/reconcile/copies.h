// The COPYs that a witness knows (the SYS views, or the STL tables), and what became of each.
//
// Threads:  one.
// Memory:   some 50 bytes a COPY that read a key with the prefix, of those that the cluster remembers: a week of them.
// Errors:   Error, of the cluster.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "penstock/reconcile.h"
#include "redshift/connection.h"

namespace penstock::reconcile {

// What is known of a COPY and of the transaction that it is in.
struct CopyEvidence {
  enum class Status { running, completed, aborted } status = Status::completed;
  bool has_text = true;  // its statement can be read: NOLOAD would be seen
  bool has_commit = false;
  bool has_rollback = false;
  bool has_failed_statement = false;  // after which COMMIT rolls back
  bool is_open = false;
  // The transaction's end would be known, had there been one: the records reach back to it, and are complete by now.
  bool end_would_be_known = false;
};
// Committed only where that is certain.
LoadState state_of(const CopyEvidence& evidence);
// What two witnesses say of one COPY.
LoadState agreed(LoadState one, LoadState other);

struct Copy {
  std::int64_t query = 0;
  std::int64_t transaction = 0;
  Microseconds started{};
  Microseconds ended{};
  std::uint32_t table = 0;  // Copies::name()
  std::uint32_t load = 0;   // likewise: of penstock's own, as far as its record is there
  LoadState state = LoadState::unknown;
  bool loads_nothing = false;  // NOLOAD
  bool is_in_ledger = false;   // which has all of its objects, by their whole names
};

// A COPY of penstock's own, by its row in `loads`: that the row is there is the commit.
struct OwnCopy {
  std::string attempt_id;
  std::string load_id;
  std::string table;
  bool is_gone = false;  // its rows were replaced since
  bool is_in_ledger = false;
};
using OwnCopies = std::unordered_map<std::int64_t, OwnCopy>;  // by the COPY's number

class Copies {
 public:
  [[nodiscard]] const Copy* find(std::int64_t query) const;
  [[nodiscard]] const Copy* find(std::int64_t transaction, Microseconds at) const;  // one that ran then
  [[nodiscard]] const std::string& name(std::uint32_t number) const { return names_.at(number); }
  void add(const Copy& copy) { copies_.push_back(copy); }
  std::uint32_t number_of(const std::string& name);
  void sort();

 private:
  std::vector<Copy> copies_;                   // by their numbers
  std::vector<std::uint32_t> by_transaction_;  // indexes of copies_
  std::vector<std::string> names_{""};
  std::map<std::string, std::uint32_t> numbers_{{"", 0}};
};

// `begins`: the condition on the file's name. database: that of the session.
Copies read_history_copies(redshift::Connection& connection, const redshift::Statement& begins, const OwnCopies& own,
                           const std::string& database);
Copies read_log_copies(redshift::Connection& connection, const redshift::Statement& begins, const OwnCopies& own);

}  // namespace penstock::reconcile
