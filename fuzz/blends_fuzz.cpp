// The entry of the importer of simulated blends: an .npz file. So that what changes is its arrays and not its zip
// frame, an input is "NAME\n" and the bytes of an .npy array, several of them one after another behind lines "== ".
// Only DataError and UserError may come out, and every batch that does must keep the promises of its blocks.

#include <unistd.h>
#include <zlib.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string_view>

#include "base/error.h"
#include "data/survey.h"
#include "modalities/block.h"

namespace {

using namespace asterism;
namespace fs = std::filesystem;

void put(std::string& to, uint64_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) to += i < 8 ? char(value >> (8 * i)) : '\0';
}

// A zip file of stored members.
class Zip {
 public:
  void add(std::string_view name, std::string_view bytes) {
    const auto crc = crc32(0, reinterpret_cast<const Bytef*>(bytes.data()), uInt(bytes.size()));
    std::string entry;
    put(entry, 20, 2);  // version
    put(entry, 0, 8);   // flags, stored, time and date
    put(entry, crc, 4);
    put(entry, bytes.size(), 4);
    put(entry, bytes.size(), 4);
    put(entry, name.size(), 2);
    put(entry, 0, 2);
    put(directory_, 0x02014b50, 4);
    put(directory_, 20, 2);
    directory_ += entry;
    put(directory_, 0, 10);  // comment, disk, attributes
    put(directory_, body_.size(), 4);
    directory_ += name;
    put(body_, 0x04034b50, 4);
    body_ += entry;
    body_ += name;
    body_ += bytes;
    ++count_;
  }
  std::string whole() const {
    std::string out = body_ + directory_;
    put(out, 0x06054b50, 4);
    put(out, 0, 4);
    put(out, count_, 2);
    put(out, count_, 2);
    put(out, directory_.size(), 4);
    put(out, body_.size(), 4);
    put(out, 0, 2);
    return out;
  }

 private:
  std::string body_, directory_;
  uint64_t count_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  Zip zip;
  for (int members = 0; members < 12 && !text.empty(); ++members) {
    const size_t end = std::min(text.find("\n== "), text.size());
    const std::string_view part = text.substr(0, end);
    text.remove_prefix(std::min(end + 4, text.size()));
    const size_t line = part.find('\n');
    if (line == part.npos || line > 40) continue;
    zip.add(std::string(part.substr(0, line)) + ".npy", part.substr(line + 1));
  }
  static const fs::path path =
      fs::temp_directory_path() / ("asterism_blends_fuzz_" + std::to_string(getpid()) + ".npz");
  std::ofstream(path, std::ios::binary) << zip.whole();
  try {
    data::BadRows bad(1000);
    const auto import = data::find_survey("hsc_sim_blends").open({path}, {}, bad);
    while (const auto batch = import->next()) modalities::check(*batch);
  } catch (const base::DataError&) {
  } catch (const base::UserError&) {
  }
  std::error_code ignored;
  fs::remove(path, ignored);
  return 0;
}
