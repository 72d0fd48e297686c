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
// Unknown, repeated, mistyped and out-of-range keys are UserErrors that name the file, the line, the key and the nearest
// valid key. Nothing is ignored.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <variant>
#include <vector>

namespace asterism::config {

using Target = std::variant<bool*, int64_t*, double*, std::string*, std::vector<int64_t>*, std::vector<double>*,
                            std::vector<std::string>*, std::map<std::string, double>*, std::map<std::string, std::string>*>;

// One named field of a settings struct.
class Field {
 public:
  Field(std::string name, Target target, std::string help) : name(std::move(name)), target(target), help(std::move(help)) {}
  Field& between(double low, double high);                 // inclusive; for lists and maps, of every element
  Field& one_of(std::vector<std::string> choices);
  Field& required();                                       // reading a file without this key is an error

  std::string name;
  Target target;
  std::string help;
  double low, high;
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
    add_tables(name, help, [&settings](const std::string& key, Fields& f) { settings[key].describe(f); });
  }

  struct Table;  // a nested group
  std::vector<std::unique_ptr<Field>> fields;
  std::vector<std::unique_ptr<Table>> children;

 private:
  Field& add_field(const std::string& name, Target target, const std::string& help);
  Fields& add_table(const std::string& name, const std::string& help);
  void add_tables(const std::string& name, const std::string& help,
                  std::function<void(const std::string&, Fields&)> describe_one);
};

// Reads a TOML file (at most one `extends = "other.toml"`, relative to it, merged first), then applies overrides written
// "a.b=value" (value in TOML syntax; a bare word is taken as text). UserError as described above.
void read_file(Fields& fields, const std::filesystem::path& path, const std::vector<std::string>& overrides = {});
void read_text(Fields& fields, const std::string& toml, const std::string& source,
               const std::vector<std::string>& overrides = {});

// The settings as TOML that reads back to the same values, and as JSON text (for config.json of a model folder).
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
