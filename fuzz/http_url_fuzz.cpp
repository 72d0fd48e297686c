// Web addresses and names in the hub: whatever a text is, either a UserError or DataError, or an address of printable
// ASCII whose host is the one that was written, and which asks for nothing but a path.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/error.h"
#include "io/http_url.h"

namespace {

using namespace asterism;

void need(bool good) {
  if (!good) std::abort();
}

void check(const io::HttpName& name) {
  for (const unsigned char c : name.url) need(c > 0x20 && c < 0x7f);
  need(!io::origin_of(name.url).empty());
  need(name.shown.find('?') == std::string::npos || name.hub);
  if (name.hub) need(io::origin_of(name.url) == "https://huggingface.co:443");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  io::origin_of(text);
  for (const char* before : {"", "http://", "https://h/", "hf://datasets/", "hf://datasets/o/n/"}) {
    const std::string path = before + text;
    if (!io::is_http(path)) continue;
    try {
      check(io::http_name(path));
      if (path.starts_with("hf:")) check(io::hub_tree_name(path));
    } catch (const base::UserError&) {
    }
  }
  try {
    check(io::http_name(io::hub_file("hf://datasets/o/n@v1", text)));
  } catch (const base::UserError&) {
  } catch (const base::DataError&) {
  }
  return 0;
}
