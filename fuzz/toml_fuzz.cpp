// Any bytes as a settings file: read, refused with a UserError, or read and dumped to text that reads back the same.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/error.h"
#include "config/settings.h"

namespace {

using asterism::config::Fields;

struct Inner {
  double rate = 0.5;
  std::string kind = "a";
  void describe(Fields& f) {
    f.add("rate", rate, "").between(0, 1);
    f.add("kind", kind, "").one_of({"a", "b"});
  }
};

struct Outer {
  int64_t steps = 1;
  bool resume = false;
  std::string name;
  std::vector<double> betas;
  std::vector<std::string> words;
  std::map<std::string, double> weights;
  Inner inner;
  std::map<std::string, Inner> codecs;
  void describe(Fields& f) {
    f.add("steps", steps, "");
    f.add("resume", resume, "");
    f.add("name", name, "");
    f.add("betas", betas, "");
    f.add("words", words, "");
    f.add("weights", weights, "");
    f.table("inner", inner, "");
    f.tables("codecs", codecs, "");
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  Outer outer;
  Fields fields = asterism::config::fields_of(outer);
  try {
    asterism::config::read_text(fields, text, "fuzz");
  } catch (const asterism::base::UserError&) {
    return 0;
  }
  const std::string dump = asterism::config::to_toml(fields);
  Outer again;
  Fields read_back = asterism::config::fields_of(again);
  asterism::config::read_text(read_back, dump, "dump");
  if (asterism::config::to_toml(read_back) != dump) std::abort();
  return 0;
}
