#pragma once
// Many tables become one table of objects: id, position, and of each table the row that belongs to the object, or none.

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "data/match_tables.h"

namespace asterism::data {

struct ObjectReport {
  int64_t objects = 0;
  std::vector<int64_t> rows, members;  // of each table: rows with a position, and those that belong to a written object
  std::vector<std::string> notes;
};

// The rows of the first table are the objects; each further table is matched with the objects so far: pairs within the
// radius are accepted from the closest on (ties: the lower object, then the lower row), each row and each object once.
// Rows that are left become objects of their own. options.join: kInner keeps objects that every table has, kLeft those
// of the first table, kOuter all. Rows with proper motions are compared, and written, where they are in one year
// (match_epoch.h). Columns: object_id (text), ra, dec of the first table that has the object; then for
// each table `<name>`: row_<name> (from 0), object_id_<name>, and from the second on separation_arcsec_<name>; null
// where it has no row. In memory: UserError where options.memory_bytes (0: half of what is free) is too little.
ObjectReport match_objects(const std::vector<std::filesystem::path>& tables, const std::filesystem::path& out,
                           const MatchTablesOptions& options);

}  // namespace asterism::data
