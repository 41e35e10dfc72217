// What UNLOAD writes of a Redshift's table or query, below the staging prefix: to be read, or to be copied as it is.
//
// Threads: one. Errors: those of penstock/unload.h, of the connection and of S3.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "load/staged_objects.h"
#include "move/network.h"
#include "penstock/unload.h"
#include "redshift/sql.h"

namespace penstock::network {

// The columns of a table or query, as the cluster describes them; nothing is run. refused: names that are there twice,
// or none.
std::vector<RowColumn> columns_of(const Resource& redshift, const MoveContext& context);

struct StagedUnload {
  std::shared_ptr<StagedObjects> staged;  // gone with the last who holds it, and the objects with it
  Unloaded written;

  [[nodiscard]] ObjectStore& store() const noexcept { return staged->store(); }
  // As it is now. unavailable: it is gone, or not what UNLOAD said that it wrote.
  [[nodiscard]] ObjectInfo find(const UnloadedObject& object) const;
};

// id: new_id(), of this move. values: of SELECT; by name, so that the order is the one that was looked at.
StagedUnload unload_staged(const Resource& from, const redshift::Statement& values, const UnloadOptions& how,
                           const std::string& id, Job& job);

}  // namespace penstock::network
