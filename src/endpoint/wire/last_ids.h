// What pg_last_copy_id(), pg_last_copy_count(), their like for UNLOAD, and pg_last_query_id() answer in a session.
//
// Those functions read settings (penstock.last_…) of the PostgreSQL session, which forgets them when a transaction
// rolls back. Redshift does not: a COPY that failed on its data is still the last one. So the values live here, and
// are set again before a statement that may ask for them.
//
// Pure. Threads: one.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace penstock::endpoint {

// True for a SELECT that Redshift's leader node answers alone, which pg_last_query_id() doesn't count: without FROM, or
// from the catalog.
bool is_leader_only(std::string_view sql);

class LastIds {
 public:
  void copy_done(std::int64_t query, std::uint64_t rows);
  void copy_failed(std::int64_t query);  // while loading; earlier failures change nothing
  void unload_done(std::int64_t query, std::uint64_t rows);
  void unload_failed(std::int64_t query);  // once its query ran
  void query_done(std::int64_t query);
  // The transaction has ended: a COPY that was undone never was the last one.
  void transaction_ended(bool committed);

  void forgotten() noexcept;  // by PostgreSQL: RESET ALL

  // Whether PostgreSQL must be told before it runs `sql`.
  [[nodiscard]] bool must_tell(std::string_view sql) const;
  // The statement that tells it.
  [[nodiscard]] std::string telling() const;
  void told() noexcept;

 private:
  struct Moved {  // rows, by a COPY or an UNLOAD
    std::int64_t query = -1;
    std::uint64_t rows = 0;
  };
  Moved copy_;
  Moved kept_copy_;  // what a rollback goes back to
  Moved unload_;
  Moved kept_unload_;
  std::int64_t query_ = -1;
  bool moved_told_ = true;
  bool query_told_ = true;
};

}  // namespace penstock::endpoint
