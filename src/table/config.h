// The config file of a load: which columns a table has, and what they are.
//
//     pages:                       # any name; `dest` inside is the table's
//       dest: pages
//       columns:
//         - {dest: id, type: bigint, notnull: true, primarykey: true, distkey: true, sortord: 1}
//         - {dest: seen, type: timestamp, defaultval: "2000-01-01"}
//       meta: {datadatecolumn: seen, schema: api_hits}
//
// Names are in lower case, as Redshift folds them, quoted or not: SQL is to be made from these, not from what a user
// typed. `defaultval: ""`, `sortord: 0` and false are as good as absent, as the old worker had it; a primary key's
// columns are NOT NULL, as Redshift makes them.
//
// Errors: invalid; one message with a line per problem, each "file:line:column: …". All problems come at once.
// Bounded: 1 MiB of text, 32 levels, no aliases; a key given twice and an unknown key are problems.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace penstock::table {

struct ColumnConfig {
  std::string name;
  std::string type;                          // Redshift's, canonical as the catalog prints it: "character varying(256)"
  std::string written_type;                  // as the config spells it, for messages
  std::optional<std::string> default_value;  // a value, not an expression: goes into DDL as a literal
  bool not_null = false;
  bool primary_key = false;
  bool dist_key = false;
  int sort_order = 0;  // position in the sort key, from 1; 0: not in it
};

struct TableConfig {
  std::string schema;
  std::string name;
  std::vector<ColumnConfig> columns;
  std::string data_date_column;  // one of the columns, of type date or timestamp
};

// All tables of one file. `origin` names the file in messages.
std::vector<TableConfig> parse_config(std::string_view yaml, std::string_view origin);
// The one table wanted; invalid when it is not among them (and says which are).
TableConfig find_table(std::vector<TableConfig> tables, std::string_view schema, std::string_view table,
                       std::string_view origin);

// The canonical spelling of a Redshift type, as format_type prints it; nullopt for a type that Redshift has not.
// boolean, int, bigint, float, date, timestamp, text (varchar(256)), longtext (varchar(65535)) as the old worker read
// them, and every Redshift type by its own names and aliases (ddl.md of the user guide: varchar(max), numeric(8,2), …).
std::optional<std::string> canonical_type(std::string_view type);

}  // namespace penstock::table
