#pragma once
// Positions of a table too large for memory, sorted into narrow zones of declination in a file.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <vector>

#include "base/mapped_file.h"
#include "data/match_input.h"
#include "data/match_mask.h"

namespace asterism::data {

class MatchSpool {
 public:
  static constexpr int64_t kZones = 7200;  // 90 arcseconds of declination each
  static int64_t zone_of(double dec_deg);  // -90 .. 90; never decreases

  // Reads a table run by run, at most run_rows at once, has `prepare` correct each run, and writes the rows that have a
  // position to `path`, whole or not at all as long as the system runs. Stops when asked to by a signal
  // (base::Interrupted).
  static void write(const MatchInput& table, int64_t run_rows, const std::function<void(SkyColumns&)>& prepare,
                    const std::filesystem::path& path);

  enum class Check { shape, content };
  // DataError when the file is not what write() left: content reads it all, as is needed where it was found.
  MatchSpool(const std::filesystem::path& path, Check check);

  int64_t rows_in(int64_t begin_zone, int64_t end_zone) const;
  struct Rows {
    std::vector<double> ra_deg, dec_deg;
    std::vector<int64_t> row;
    Positions positions() const { return {ra_deg, dec_deg, row}; }
  };
  // Into memory that may be used again: what `out` held is gone. near: only the rows that it lets pass.
  void read(int64_t begin_zone, int64_t end_zone, Rows& out, const MatchMask* near = nullptr) const;

  struct Record;

 private:
  Record record(int64_t k) const;

  std::filesystem::path path_;
  base::MappedFile file_;
  int64_t runs_ = 0;
  std::vector<int64_t> first_;  // [runs, kZones + 1]: places of rows in the file
};

}  // namespace asterism::data
