#pragma once
// Settings: plain structs that name each of their fields once. From that one place come the TOML reader, `--set a.b=3`,
// ranges, the help text and the dump of what was used.
//
//   struct OptimiserSettings {
//     double learning_rate = 1e-3;
//     std::string schedule = "cosine";
//     void describe(config::Fields& f) {
//       f.add("learning_rate", learning_rate, "peak learning rate").between(0, 1);
//       f.add("schedule", schedule, "how it falls after warm-up").one_of({"cosine", "constant"});
//     }
//   };
//   struct TrainSettings {
//     int64_t steps = 1000;
//     OptimiserSettings optimiser;
//     void describe(config::Fields& f) {
//       f.add("steps", steps, "updates of the weights").between(1, 1e9);
//       f.table("optimiser", optimiser, "AdamW");
//     }
//   };
//
// Unknown, repeated, mistyped and out-of-range keys are UserErrors that name the file, the line, the key and the
// nearest valid key. Nothing is ignored.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <variant>
#include <vector>

namespace asterism::config {

using Target =
    std::variant<bool*, int64_t*, double*, std::string*, std::vector<int64_t>*, std::vector<double>*,
                 std::vector<std::string>*, std::map<std::string, double>*, std::map<std::string, std::string>*>;

// One named field of a settings struct.
class Field {
 public:
  Field(std::string name, Target target, std::string help)
      : name(std::move(name)), target(target), help(std::move(help)) {}
  Field& between(double low, double high);  // inclusive; for lists and maps, of every element
  Field& one_of(std::vector<std::string> choices);
  Field& required();  // reading a file without this key is an error

  std::string name;
  Target target;
  std::string help;
  double low = 0, high = 0;
  bool has_range = false, is_required = false;
  std::vector<std::string> choices;
};

class Fields {
 public:
  template <class T>
  Field& add(const std::string& name, T& value, const std::string& help) {
    return add_field(name, Target(&value), help);
  }
  template <class S>
  void table(const std::string& name, S& settings, const std::string& help) {
    settings.describe(add_table(name, help));
  }
  // Tables of one kind under free names: [codecs.image], [codecs.redshift] ...
  template <class S>
  void tables(const std::string& name, std::map<std::string, S>& settings, const std::string& help) {
    std::vector<std::string> present;
    present.reserve(settings.size());
    for (const auto& entry : settings) present.push_back(entry.first);
    add_tables(
        name, help, present, [&settings](const std::string& key, Fields& f) { settings[key].describe(f); },
        [example = std::make_shared<S>()](Fields& f) { example->describe(f); });
  }

  struct Table;  // a nested group, below
  std::vector<std::unique_ptr<Field>> fields;
  std::vector<std::unique_ptr<Table>> children;

  Fields();  // these four in settings.cpp, where Table is complete
  ~Fields();
  Fields(Fields&&) noexcept;
  Fields& operator=(Fields&&) noexcept;

 private:
  Field& add_field(const std::string& name, Target target, const std::string& help);
  Fields& add_table(const std::string& name, const std::string& help);
  void add_tables(const std::string& name, const std::string& help, const std::vector<std::string>& present,
                  std::function<void(const std::string&, Fields&)> describe_one,
                  std::function<void(Fields&)> describe_example);
};

// [name] with its fields, or, where the names are free, the tables [name.<any key>] that exist so far.
struct Fields::Table {
  std::string name, help;
  Fields inside;                          // of [name]
  std::map<std::string, Fields> entries;  // of [name.key]
  std::function<void(const std::string& key, Fields&)> describe_one;
  std::function<void(Fields&)> describe_example;  // for the help text
  bool free_names() const { return describe_one != nullptr; }
};

// Reads a TOML file (at most one `extends = "other.toml"`, relative to it, merged first; the other extends nothing),
// then applies overrides written "a.b=value" (value in TOML syntax; a bare word is taken as text, and so is anything
// not in quotes given to a text field). Lists and maps replace their defaults, except that an override "map.key=value"
// changes that key alone. UserError as described above; the settings may then have changed in part.
void read_file(Fields& fields, const std::filesystem::path& path, const std::vector<std::string>& overrides = {});
void read_text(Fields& fields, const std::string& toml, const std::string& source,
               const std::vector<std::string>& overrides = {});

// One text of a settings file ("objective.kind") before it is known which fields the rest has: by it the program
// chooses the struct to read. Empty where the file and the overrides give none, or no text; read_file then says what is
// wrong.
std::string peek_text(const std::filesystem::path& path, const std::string& name,
                      const std::vector<std::string>& overrides = {});

// Does an override set this name, something within it, or a table around it?
bool overrides_name(const std::vector<std::string>& overrides, const std::string& name);

// The settings as TOML that reads back to the same values, bit by bit, and as JSON text (for config.json of a model
// folder; infinities and NaN, which JSON lacks, as the texts "inf", "-inf", "nan"). UserError for text that is not
// UTF-8.
std::string to_toml(const Fields& fields);
std::string to_json(const Fields& fields);
void read_json(Fields& fields, const std::string& json, const std::string& source);

// One line a field: name, type, default, allowed values, help.
std::string help(const Fields& fields);

template <class S>
Fields fields_of(S& settings) {
  Fields fields;
  settings.describe(fields);
  return fields;
}

}  // namespace asterism::config
