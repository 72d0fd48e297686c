#pragma once
// From what a file says to the fields it means. Inside this floor only.

#include <set>
#include <string>

#include "config/settings.h"
#include "config/value.h"

namespace asterism::config {

enum class Origin { toml, json };  // JSON has no infinities and NaN: there they are texts

// Sets every field that `table` names. `given` collects their full names ("optimiser.learning_rate").
// maps_merge: a map keeps the keys that the table does not name.
void assign(Fields& fields, const Value& table, Origin origin, bool maps_merge, std::set<std::string>& given);

// UserError naming the first required field that is not in `given`.
void check_required(const Fields& fields, const std::set<std::string>& given, const std::string& source);

// A key as it is written in TOML: bare where it may be, else in quotes.
std::string written_key(const std::string& key);

}  // namespace asterism::config
