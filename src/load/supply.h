// Where the rows of a write come from, and what COPY is to read of them.
//
//     open_supply()  looks at the source: its name, its columns. Nothing is moved.
//     columns()      their types, where the table is to be made of them, or to get them. All of it may be read.
//     batch()        says how COPY is to read it. A plan is made of that, and refused where it can't be.
//     provide()      moves: afterwards the objects and their manifest are in S3, exactly as said.
//
// When a supply goes, so does what it put into S3, unless leave() was called: a COPY of unknown outcome may still read
// it.
//
// Threads: one. Errors: Error, of what is read and of the store; those named below.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "discovery/discover.h"
#include "load/instant.h"
#include "load/source_objects.h"
#include "load/staging.h"
#include "load/target.h"
#include "load/upsert_plan.h"
#include "penstock/upsert.h"
#include "redshift/catalog.h"
#include "redshift/connection.h"
#include "redshift/sql.h"

namespace penstock {

// What stands in S3 for COPY.
struct Provided {
  std::uint64_t objects = 0;               // 0: there is nothing to copy
  std::uint64_t bytes_stored = 0;          // of them
  std::uint64_t bytes_read = 0;            // of the source
  std::optional<std::uint64_t> records{};  // where they were counted on the way: COPY must read as many
  bool in_place = false;                   // they were in S3 before, and stay there
  std::uint64_t rejected = 0;              // records that inspect() found bad; not among the others
  std::uint64_t findings_in_all = 0;
  std::vector<BadValue> findings{};  // of them, the first in the source's order
};

class Supply {
 public:
  virtual ~Supply() = default;
  [[nodiscard]] virtual std::string name() const = 0;  // for people, and the ledger; no secret in it
  // Of a source that lies in S3: what exactly is read, for the ledger.
  [[nodiscard]] virtual std::vector<const SourceObject*> objects() const { return {}; }
  // Of its columns, in their order; nullopt: not known without reading all of it.
  [[nodiscard]] virtual std::optional<std::vector<std::string>> column_names() const { return std::nullopt; }
  // refused: a kind of source that does not say what its columns are.
  virtual std::vector<discovery::Column> columns(const std::function<void(const UpsertProgress&)>& on_progress);
  // refused: columns that the table has not.
  [[nodiscard]] virtual Batch batch(const redshift::CatalogTable& table) const = 0;
  [[nodiscard]] virtual std::string manifest_uri() const = 0;
  // What provide() will do, for a dry run.
  [[nodiscard]] virtual std::string provide_in_words() const = 0;
  // Records are to be looked at before they are staged, as UpsertOptions::check and ::rejects say. Of a check that
  // found something, and of a dry run, provide() then leaves nothing in S3. invalid: this kind of source can't be;
  // refused: nor can this table's columns, or the file of rejects is there.
  virtual void inspect(const redshift::CatalogTable& table, const Batch& batch);
  virtual Provided provide(const Batch& batch, const std::function<void(const UpsertProgress&)>& on_progress) = 0;
  // Of rows that may be written once only. Before the transaction: what known_as() and remember() need is there.
  virtual void prepare(redshift::Connection& /*connection*/, const Target& /*target*/) {}
  // Under the target's lock, before anything is written: the loads that wrote just these rows; none: nobody did.
  // conflict: some of them were written, or they are not there any more.
  virtual std::vector<std::string> known_as(redshift::Transaction& /*transaction*/, const Target& /*target*/) {
    return {};
  }
  // In the same transaction: so that they are known from then on.
  [[nodiscard]] virtual std::vector<redshift::Statement> remember(const Target& /*target*/,
                                                                  const std::string& /*load_id*/,
                                                                  Instant /*at*/) const {
    return {};
  }
  // Called when COPY has read it, before the commit. conflict: it is not any more what it was.
  virtual void verify() = 0;
  // COPY refused rows: where in the source they are, as far as looking at it once more tells. None: it doesn't.
  virtual std::vector<BadValue> look_again(const redshift::CatalogTable& /*table*/, const Batch& /*batch*/) {
    return {};
  }
  // Committed, or perhaps: what inspect() put aside stays.
  virtual void keep_rejects() noexcept {}
  virtual void committed() noexcept {}  // certainly
  virtual void leave() noexcept = 0;
};

// What staging and discovery tell, as an upsert tells it. size: of the source, as stored; 0: not known.
std::function<void(const staging::Progress&)> progress_of(const std::function<void(const UpsertProgress&)>& on_progress,
                                                          std::uint64_t size);

// Looks at what options.sources name. load_id: what it stages is under it.
std::unique_ptr<Supply> open_supply(const UpsertOptions& options, const LoadContext& context, const StagingBase& base,
                                    const std::string& load_id);

}  // namespace penstock
