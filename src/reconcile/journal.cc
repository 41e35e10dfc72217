#include "reconcile/journal.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <span>

#include "base/text.h"
#include "load/attempt.h"
#include "load/instant.h"

namespace penstock::reconcile {
namespace {

std::string now() {
  return to_rfc3339(std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now()));
}

void put_on_disk(int file, const std::string& act) {
  if (::fsync(file) != 0 && errno != EINVAL && errno != EROFS) throw system_error(act, errno);  // EINVAL: a pipe
}

// A file that was just made is there after a crash only if its folder is written, too.
void put_folder_on_disk(const std::string& path, const std::string& act) {
  const auto parent = std::filesystem::path(path).parent_path();
  const Fd folder(::open(parent.empty() ? "." : parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder) throw system_error(act, errno);
  put_on_disk(folder.get(), act);
}

void add_line(std::string& lines, const nlohmann::ordered_json& line) {
  lines += line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + '\n';
}

}  // namespace

Journal::Journal(const std::string& path)
    : act_("write the journal " + printable(path)),
      run_(new_id()),
      file_(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666)) {
  if (!file_) throw system_error(act_, errno);
  put_folder_on_disk(path, act_);
}

void Journal::intend(std::string_view uri, const ObjectInfo& object, const KeyLoad& load) {
  add_line(lines_, {{"at", now()},
                    {"run", run_},
                    {"act", "intended"},
                    {"uri", uri},
                    {"size", object.size},
                    {"etag", object.etag},
                    {"last_modified", to_rfc3339(object.last_modified)},
                    {"table", load.table},
                    {"load_id", load.load_id},
                    {"query", load.query}});
}

void Journal::settle(std::string_view uri, const ObjectInfo& object, std::string_view act, std::string_view reason) {
  add_line(lines_,
           {{"at", now()}, {"run", run_}, {"act", act}, {"uri", uri}, {"etag", object.etag}, {"reason", reason}});
}

void Journal::write() {
  if (lines_.empty()) return;
  write_fully(file_.get(), std::as_bytes(std::span(lines_)), act_);
  lines_.clear();
  put_on_disk(file_.get(), act_);
}

}  // namespace penstock::reconcile
