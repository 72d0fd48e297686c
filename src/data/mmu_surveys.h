#pragma once
// The surveys of the Multimodal Universe: how their tables are told apart, and what must be said of each.

#include <arrow/type_fwd.h>

#include <string>
#include <vector>

namespace asterism::data {

struct MmuSurvey {
  const char* name;
  std::vector<std::vector<const char*>> columns;  // any of these sets is in its tables alone; {}: told by the name
  const char* caveat;                             // a sentence for who uses it, or ""
};

const std::vector<MmuSurvey>& mmu_surveys();

// The survey of a table: by columns that only one has, else by a survey's name within `name` (a path, a catalogue's
// name); "unknown".
std::string mmu_survey(const arrow::Schema& schema, const std::string& name);

}  // namespace asterism::data
