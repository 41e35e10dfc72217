// What a URI or a path names: where it is, and what is in it.
//
//     users.csv  users.tsv  users.jsonl (.ndjson .json)  users.parquet  users.orc   .gz .zst .bz2 behind those of text
//     data/*.csv  data/**/*.csv  data/      a glob, a folder; local ones; - is stdin, stdout
//     s3://bucket/users.csv  s3://bucket/2024*.csv  s3://bucket/folder/             here * reaches over /, too
//     redshift://user:password@host:port/database::[schema.]table    postgresql://… likewise
//     redshift://user:password@host:port/database?query=SELECT …     what it leaves out, the environment says
//
// Threads: any. Errors: Error invalid, which says what part of the URI is wrong, and what was probably meant; no
// message holds a password.
#pragma once

#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "codec/decompress.h"
#include "penstock/log.h"
#include "penstock/secret.h"
#include "penstock/store.h"
#include "penstock/uri.h"

namespace penstock::network {

enum class Place {
  local,
  standard,
  s3,
  redshift,
  postgresql,
  stream
};  // standard: stdin, or stdout; stream: the caller's
// json: an object a line; rows: of a server; batches: of a stream
enum class Format { csv, json, parquet, orc, rows, batches };

// One file or object.
struct Item {
  std::string name{};   // for people: a path, s3://bucket/key
  std::string below{};  // its name below what all items of its resource have in common; of one alone its last part
  std::string path{};   // of a local file
  ObjectInfo object{};  // of one in S3, in the resource's bucket
  std::uint64_t size = 0;
};

struct RowColumn {  // of a table or query
  std::string name{};
  std::string type{};  // as format_type says it
};

struct Resource {
  std::string name{};  // for people, without a password
  Place place = Place::local;
  std::optional<Format> format{};  // nullopt: only the items can say
  char delimiter = ',';            // of CSV
  Codec codec = Codec::none;
  bool is_plain = true;     // CSV with a header, in which nothing is NULL: what all here take, and write
  bool asks_types = false;  // of text: its types are to be looked for and told, wherever it goes
  bool is_many = false;     // a glob, or what is_folder
  bool is_folder = false;   // path or key ends in /, or is empty
  std::string path{};       // local
  S3Uri s3{};
  ServerUri server{};
  Secret address{};     // of a server: the URI as typed, without ::table and query
  std::string table{};  // [schema.]table
  std::string query{};
  std::vector<Item> items{};         // of a source that is files or objects, once find_items() found them
  std::uint64_t bytes = 0;           // of the items; 0: not known
  std::vector<RowColumn> columns{};  // of a Redshift that files are made of, once it was asked

  [[nodiscard]] bool is_server() const noexcept { return format == Format::rows; }
};

enum class Use {
  source,
  destination,
  name,  // what it names matters, not what is in it
};

struct Given {           // where the name says nothing, or something else
  std::string format{};  // as a name's end, without its first dot: csv, tsv.gz, jsonl, parquet
  std::string query{};   // of a server
  std::optional<char> delimiter{};
};

// Looks whether a local path is a folder, and at nothing else.
Resource parse_resource(std::string_view text, Use use, const Given& given = {});

// Finds what the resource, a source of files or objects, names now, each object with the ETag that it has; of servers
// and stdin there is none. In S3, a key that really holds a * comes before what is like it. The items' format, codec
// and delimiter become the resource's where nothing else says them. Errors: also not_found; invalid: they differ in
// format, codec or delimiter, or one's name says nothing; the store's.
void find_items(Resource& source, Buckets& buckets, Log& log, const std::stop_token& stop, Use use = Use::source);

std::string_view in_words(Place place) noexcept;     // "local", "stdin or stdout", "S3"
std::string_view in_words(Format format) noexcept;   // "csv", "json"
std::string_view end_of_name(Codec codec) noexcept;  // ".gz"; "" of none
// ".csv", ".tsv", ".jsonl", ".parquet", ".orc", with the codec's end.
std::string end_of_name(Format format, char delimiter, Codec codec);

}  // namespace penstock::network
