// The endpoint's own statements on the session's PostgreSQL connection, between those of the client.
//
// They go by the extended protocol under names of their own and are ended by Flush, not by Sync: they disturb neither
// the client's unnamed statement nor its portals, and belong to the transaction that the client's next Sync ends. After
// a failure PostgreSQL skips everything up to that Sync, as it does for a client.
//
// Threads: the session's. Errors: BackendError for PostgreSQL's own; what Conversation throws.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "endpoint/wire/conversation.h"

namespace penstock::endpoint {

struct BackendError : std::runtime_error {
  explicit BackendError(Report report)
      : std::runtime_error(std::string(report.field('M'))), report(std::move(report)) {}
  Report report;  // as PostgreSQL sent it
};

using Row = std::vector<std::optional<std::string>>;

struct StatementResult {
  std::string tag;
  std::vector<Row> rows;
};

struct SyncResult {
  char state = 'I';               // of the transaction: I, T or E
  std::optional<Report> failure;  // nothing was committed
};

class Backend {
 public:
  // on_aside: gets what PostgreSQL says at any time (NoticeResponse, ParameterStatus, NotificationResponse).
  Backend(Conversation& conversation, std::function<void(const Message&)> on_aside);

  // One statement. Nothing of the client's may be outstanding.
  StatementResult run(std::string_view sql, const std::vector<std::optional<std::string>>& parameters = {});
  // One statement of the client's, as the unnamed one: on_result gets its RowDescription and rows. Gives its tag.
  std::string pass(std::string_view sql, const std::function<void(const Message&)>& on_result);
  // Makes what is open fail, as a failed statement would: inside a block, 25P02 from here on.
  void abort();
  // Ends what is between here and the last Sync; what was not in a block commits, which may fail.
  SyncResult sync();
  // True after a failure, until the next Sync: PostgreSQL would skip whatever it is sent.
  [[nodiscard]] bool failed() const noexcept { return failed_; }
  void note_failure() noexcept { failed_ = true; }  // a statement of the client's failed
  void note_sync() noexcept { failed_ = false; }    // a Sync of the client's was answered

  // A query whose rows are read one by one, so that not all of them are held. Between begin_query and the end of its
  // rows nothing else may run; what ends it early is abort().
  struct Column {
    std::string name;
    std::uint32_t type_oid = 0;
    std::int32_t type_modifier = -1;
  };
  std::vector<Column> describe(std::string_view sql);  // empty: it gives no rows
  // formats: by column, 0 for text and 1 for binary
  void begin_query(std::string_view sql, const std::vector<std::int16_t>& formats);
  std::optional<std::string_view> next_row();  // a DataRow's body, which holds until the next call; nullopt: the end

  // COPY … FROM STDIN: begin, data, end. Between begin and end or fail nothing else may run.
  void begin_copy_in(std::string_view sql);
  void copy_data(std::span<const std::byte> data);
  std::string end_copy_in();                // the tag
  void fail_copy_in(std::string_view why);  // PostgreSQL's own error about it is dropped
  [[nodiscard]] bool copying() const noexcept { return copying_; }

 private:
  void start(std::string_view sql, const std::vector<std::optional<std::string>>& parameters);
  StatementResult finish(int closes);  // reads up to the last of so many CloseComplete
  Message next();                      // past what is said aside; throws BackendError
  void fetch_rows();
  void drop_until_error();

  Conversation& conversation_;
  std::function<void(const Message&)> on_aside_;
  bool failed_ = false;
  bool copying_ = false;
};

}  // namespace penstock::endpoint
