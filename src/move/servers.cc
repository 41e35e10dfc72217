#include "move/servers.h"

#include "penstock/connection.h"
#include "penstock/error.h"

namespace penstock::network {

LoadContext load_context(const Resource& redshift, const MoveContext& context) {
  return {.connection = connection_config(redshift.address.reveal(), context.environment),
          .buckets = context.buckets,
          .environment = context.environment,
          .log = context.log,
          .stop = context.stop};
}

StagingBase staging_of(const Job& job) {
  const MoveOptions& options = job.options;
  StagingBase base = staging_base(job.context.environment, options.staging_bucket);
  for (const std::string* uri : {&options.destination, &options.source}) {
    if (base.bucket.empty() && is_s3_uri(*uri)) base.bucket = parse_s3_uri(*uri).bucket;
  }
  if (base.bucket.empty()) {
    throw Error(ErrorKind::invalid,
                "there is no place to stage at: set PENSTOCK_S3_BASE_PATH=s3://bucket/prefix/, or give --bucket");
  }
  return base;
}

postgres::TableName table_name(const Resource& server) {
  const std::size_t dot = server.table.find('.');
  if (dot == std::string::npos) return {.schema = {}, .table = server.table};
  return {.schema = server.table.substr(0, dot), .table = server.table.substr(dot + 1)};
}

postgres::Address address_of(const Resource& postgresql) {
  postgres::Address address{.server = postgresql.server, .table = std::nullopt};
  if (!postgresql.table.empty()) address.table = table_name(postgresql);
  return address;
}

}  // namespace penstock::network
