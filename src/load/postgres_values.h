// What PostgreSQL's values are to the table's columns: as COPY reads them, to be changed, or not to be read at all.
//
// Most of PostgreSQL's text is read by Redshift's COPY as what it means. Bytes lose their \x; infinities, NaN and dates
// before Christ are refused in columns that have none of that; arrays, records and the like can only be text.
//
// Pure. Errors: refused, naming each column that can't be read into the table's, and the cure.
#pragma once

#include <string>
#include <vector>

#include "discovery/discover.h"
#include "postgres/session.h"
#include "redshift/catalog.h"
#include "staging/staged_text.h"

namespace penstock {

// names: the table's, of the columns in their order.
std::vector<staging::PostgresField> postgres_fields(const std::vector<postgres::Column>& columns,
                                                    const std::vector<std::string>& names,
                                                    const redshift::CatalogTable& table);

// The types of a table that is to hold them: as wide as PostgreSQL's are. Its characters have up to four bytes here.
std::vector<discovery::Column> postgres_types(const std::vector<postgres::Column>& columns);

}  // namespace penstock
