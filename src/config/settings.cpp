#include "config/settings.h"

#include "base/error.h"

namespace asterism::config {
namespace {

bool is_taken(const Fields& fields, const std::string& name) {
  for (const auto& field : fields.fields)
    if (field->name == name) return true;
  for (const auto& table : fields.children)
    if (table->name == name) return true;
  return false;
}

bool holds_numbers(const Target& target) {
  return std::holds_alternative<int64_t*>(target) || std::holds_alternative<double*>(target) ||
         std::holds_alternative<std::vector<int64_t>*>(target) ||
         std::holds_alternative<std::vector<double>*>(target) ||
         std::holds_alternative<std::map<std::string, double>*>(target);
}

bool holds_text(const Target& target) { return !holds_numbers(target) && !std::holds_alternative<bool*>(target); }

}  // namespace

Field& Field::between(double at_least, double at_most) {
  ASTERISM_CHECK(holds_numbers(target), "'{}' holds no numbers", name);
  ASTERISM_CHECK(at_least <= at_most, "'{}': {} to {}", name, at_least, at_most);
  low = at_least, high = at_most, has_range = true;
  return *this;
}

Field& Field::one_of(std::vector<std::string> allowed) {
  ASTERISM_CHECK(holds_text(target), "'{}' holds no text", name);
  ASTERISM_CHECK(!allowed.empty(), "'{}'", name);
  choices = std::move(allowed);
  return *this;
}

Field& Field::required() {
  is_required = true;
  return *this;
}

Fields::Fields() = default;
Fields::~Fields() = default;
Fields::Fields(Fields&&) noexcept = default;
Fields& Fields::operator=(Fields&&) noexcept = default;

Field& Fields::add_field(const std::string& name, Target target, const std::string& help) {
  ASTERISM_CHECK(!name.empty() && !is_taken(*this, name), "two settings are called '{}'", name);
  fields.push_back(std::make_unique<Field>(name, target, help));
  return *fields.back();
}

Fields& Fields::add_table(const std::string& name, const std::string& help) {
  ASTERISM_CHECK(!name.empty() && !is_taken(*this, name), "two settings are called '{}'", name);
  children.push_back(std::make_unique<Table>());
  children.back()->name = name;
  children.back()->help = help;
  return children.back()->inside;
}

void Fields::add_tables(const std::string& name, const std::string& help, const std::vector<std::string>& present,
                        std::function<void(const std::string&, Fields&)> describe_one,
                        std::function<void(Fields&)> describe_example) {
  add_table(name, help);
  Table& table = *children.back();
  table.describe_one = std::move(describe_one);
  table.describe_example = std::move(describe_example);
  for (const auto& key : present) table.describe_one(key, table.entries[key]);
}

}  // namespace asterism::config
