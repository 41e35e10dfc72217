#include "penstock/drop.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>
#include <utility>

#include "base/text.h"
#include "load/ledger.h"
#include "load/local_files.h"
#include "load/target.h"
#include "load/target_steps.h"
#include "move/resource.h"
#include "postgres/commit.h"
#include "postgres/destination.h"
#include "redshift/catalog.h"
#include "store/file.h"

namespace penstock {
namespace {

using network::Item;
using network::Place;
using network::Resource;
using network::Use;
using redshift::Sql;
using redshift::Statement;

constexpr std::size_t kKeysAtOnce = 1000;
constexpr const char* kProgram = "penstock drop";

Resource resource_of(const std::string& uri) { return network::parse_resource(uri, Use::name); }

postgres::TableName name_in(const std::string& table) {
  const std::size_t dot = table.find('.');
  if (dot == std::string::npos) return {.schema = "", .table = table};
  return {.schema = table.substr(0, dot), .table = table.substr(dot + 1)};
}

redshift::Connection redshift_session(const Resource& resource, const MoveContext& context) {
  return {connection_config(resource.address.reveal(), context.environment),
          {.application_name = kProgram, .stop = context.stop},
          context.log};
}

postgres::SessionOptions postgres_options(const MoveContext& context, std::chrono::seconds lock_timeout) {
  return {.application_name = kProgram, .writes = true, .lock_timeout = lock_timeout, .stop = context.stop};
}

Statement drop_statement(const Target& target) { return Sql("DROP TABLE ") << target.name(); }

// --- what goes

class Planning {
 public:
  Planning(const MoveContext& context, std::chrono::seconds lock_timeout)
      : context_(context), lock_timeout_(lock_timeout) {}

  DropTarget plan(const std::string& uri) {
    Resource resource = resource_of(uri);
    DropTarget target{.name = resource.name, .uri = Secret(uri)};
    switch (resource.place) {
      case Place::redshift:
        plan_redshift(resource, target);
        break;
      case Place::postgresql:
        plan_postgresql(resource, target);
        break;
      default:
        plan_items(resource, target);
    }
    return target;
  }

 private:
  void plan_items(Resource& resource, DropTarget& target) const {
    network::find_items(resource, context_.buckets, context_.log, context_.stop, Use::name);
    target.kind = resource.place == Place::s3 ? DropKind::objects : DropKind::files;
    target.bytes = resource.bytes;
    std::vector<std::string> others;
    for (const Item& item : resource.items) {
      target.names.push_back(item.name);
      struct stat found{};
      const bool is_local = target.kind == DropKind::files && ::lstat(item.path.c_str(), &found) == 0;
      if (is_local && !S_ISREG(found.st_mode) && !S_ISLNK(found.st_mode)) others.push_back(printable(item.name));
    }
    if (others.empty()) return;
    throw Error(ErrorKind::refused, fmt::format("{} is no file, but a device, a pipe or a socket: nothing was removed",
                                                fmt::join(others, ", ")));
  }

  void plan_redshift(const Resource& resource, DropTarget& target) const {
    auto connection = redshift_session(resource, context_);
    const postgres::TableName name = name_in(resource.table);
    redshift::Transaction transaction(connection);
    const std::string schema =
        name.schema.empty()
            ? transaction.execute(Sql("SELECT current_schema()"), "asking for the schema").scalar().value_or("public")
            : name.schema;
    const Target known = target_of(schema, name.table);
    if (known.schema == kLedgerSchema) {
      throw Error(ErrorKind::refused,
                  fmt::format("{} is penstock's own: what was loaded is known by it", printable(known.text())));
    }
    if (!redshift::read_table(transaction, known.schema, known.table)) {
      throw Error(ErrorKind::not_found,
                  fmt::format("{}: there is no table {}", printable(resource.name), printable(known.text())));
    }
    transaction.rollback();
    target.kind = DropKind::table;
    target.schema = known.schema;
    target.table = known.table;
    const bool is_known = ledger_exists(connection, known);
    if (is_known) target.names.push_back(lock_statement(known).shown());
    target.names.push_back(drop_statement(known).shown());
    if (is_known) target.names.push_back(forget_statement(known, std::nullopt).shown());
  }

  void plan_postgresql(const Resource& resource, DropTarget& target) const {
    postgres::Session session(resource.server, postgres_options(context_, lock_timeout_), context_.log);
    const auto found = postgres::find_destination(session, name_in(resource.table));
    if (!found) {
      throw Error(ErrorKind::not_found,
                  fmt::format("{}: there is no table {}", printable(resource.name), printable(resource.table)));
    }
    target.kind = DropKind::table;
    target.table = resource.table;
    target.names.push_back("DROP TABLE " + found->sql);
  }

  const MoveContext& context_;
  const std::chrono::seconds lock_timeout_;
};

// --- and goes

// A file by its name below an open folder; no folder on the way to it is reached through a link.
class Removing {
 public:
  // base: "" is the present folder.
  explicit Removing(const std::string& base)
      : base_(::open(base.empty() ? "." : base.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
    if (!base_) throw system_error("opening " + printable(base), errno);
  }

  void remove(std::string_view below) {
    Fd folder;
    std::string_view rest = below;
    for (std::size_t slash = rest.find('/'); slash != std::string_view::npos; slash = rest.find('/')) {
      if (slash > 0) {
        folder = open_folder_at(at(folder), std::string(rest.substr(0, slash)));
        if (!folder) {
          throw Error(ErrorKind::conflict, fmt::format("{}: a folder on the way to it is none any more, or a link: it "
                                                       "stays",
                                                       printable(below)));
        }
      }
      rest.remove_prefix(slash + 1);
    }
    if (::unlinkat(at(folder), std::string(rest).c_str(), 0) != 0 && errno != ENOENT) {
      throw system_error("removing " + printable(below), errno);
    }
  }

  // Those that are left empty on the way to it, from the innermost on.
  void remove_folders(std::string_view below) const noexcept {
    for (std::size_t slash = below.rfind('/'); slash != std::string_view::npos && slash > 0; slash = below.rfind('/')) {
      below = below.substr(0, slash);
      if (::unlinkat(base_.get(), std::string(below).c_str(), AT_REMOVEDIR) != 0) return;
    }
  }

 private:
  [[nodiscard]] int at(const Fd& folder) const noexcept { return folder ? folder.get() : base_.get(); }

  const Fd base_;
};

class Dropping {
 public:
  Dropping(const DropPlan& plan, const MoveContext& context) : plan_(plan), context_(context) {}

  Dropped drop(const DropTarget& target) {
    Dropped dropped{.name = target.name, .kind = target.kind};
    try {
      const Resource resource = resource_of(target.uri.reveal());
      switch (target.kind) {
        case DropKind::files:
          remove_files(resource, target, dropped);
          break;
        case DropKind::objects:
          remove_objects(resource, target, dropped);
          break;
        case DropKind::table:
          drop_table(resource, target);
          dropped.removed = 1;
          break;
      }
    } catch (const Error& e) {
      if (e.kind() == ErrorKind::cancelled || e.kind() == ErrorKind::in_doubt) throw;
      dropped.error = e.kind();
      dropped.reason = e.what();
    }
    return dropped;
  }

 private:
  void stop_if_asked(const Dropped& dropped) const {
    if (!context_.stop.stop_requested()) return;
    throw Error(ErrorKind::cancelled, fmt::format("{}: stopped when {} were removed; the rest stays",
                                                  printable(dropped.name), dropped.removed));
  }

  void remove_files(const Resource& resource, const DropTarget& target, Dropped& dropped) const {
    std::string base = resource.is_folder ? resource.path : std::string();
    if (!resource.is_folder && resource.is_many) base = folder_of_glob(resource.path);
    if (!resource.is_many) base = resource.path.substr(0, resource.path.rfind('/') + 1);
    Removing removing(base);
    for (const std::string& path : target.names) {
      stop_if_asked(dropped);
      struct stat found{};
      const bool is_file = ::lstat(path.c_str(), &found) == 0 && S_ISREG(found.st_mode);
      removing.remove(std::string_view(path).substr(base.size()));
      ++dropped.removed;
      if (is_file) dropped.bytes += static_cast<std::uint64_t>(found.st_size);
    }
    if (!resource.is_folder) return;
    for (const std::string& path : target.names) removing.remove_folders(std::string_view(path).substr(base.size()));
    ::rmdir(base.c_str());  // which others may still have files in
  }

  void remove_objects(const Resource& resource, const DropTarget& target, Dropped& dropped) const {
    const auto store = context_.buckets.open(resource.s3.bucket);
    std::vector<std::string> keys;
    for (const std::string& uri : target.names) keys.push_back(parse_s3_uri(uri).key);
    for (std::size_t at = 0; at < keys.size(); at += kKeysAtOnce) {
      stop_if_asked(dropped);
      const auto some = std::span(keys).subspan(at, std::min(kKeysAtOnce, keys.size() - at));
      store->remove(some);
      dropped.removed += some.size();
    }
    dropped.bytes = target.bytes;
  }

  void drop_table(const Resource& resource, const DropTarget& target) const {
    if (resource.place == Place::postgresql) {
      postgres::Session session(resource.server, options(), context_.log);
      session.execute(target.names.front(), "dropping the table");
      postgres::commit(session, resource.server, options(), context_.log, "dropping the table");
      return;
    }
    const Target known = target_of(target.schema, target.table);
    auto connection = redshift_session(resource, context_);
    const bool is_known = ledger_exists(connection, known);
    redshift::Transaction transaction(connection);
    if (is_known) lock_target(transaction, known, plan_.lock_timeout, context_.log);
    transaction.execute(drop_statement(known), "dropping the table");
    if (is_known) transaction.execute(forget_statement(known, std::nullopt), "forgetting the files in it");
    try {
      transaction.commit();
    } catch (const Error& e) {
      if (e.kind() != ErrorKind::in_doubt) throw;
      throw Error(e.kind(), fmt::format("{}: {}; the same command again settles it: it drops the table, or finds none",
                                        printable(target.name), e.what()));
    }
  }

  [[nodiscard]] postgres::SessionOptions options() const { return postgres_options(context_, plan_.lock_timeout); }

  const DropPlan& plan_;
  const MoveContext& context_;
};

}  // namespace

std::vector<std::string> problems_of(const DropOptions& options) {
  std::vector<std::string> problems;
  if (options.targets.empty()) problems.emplace_back("what to drop is missing: a path or a URI");
  for (const std::string& target : options.targets) {
    try {
      resource_of(target);
    } catch (const Error& e) {
      if (e.kind() != ErrorKind::invalid) throw;
      problems.emplace_back(e.what());
    }
  }
  return problems;
}

DropPlan plan_drop(const DropOptions& options, const MoveContext& context) {
  DropPlan plan{.targets = {}, .lock_timeout = options.lock_timeout};
  for (const std::string& target : options.targets) {
    plan.targets.push_back(Planning(context, options.lock_timeout).plan(target));
  }
  return plan;
}

std::vector<Dropped> drop(const DropPlan& plan, const MoveContext& context) {
  std::vector<Dropped> dropped;
  for (const DropTarget& target : plan.targets) dropped.push_back(Dropping(plan, context).drop(target));
  return dropped;
}

}  // namespace penstock
