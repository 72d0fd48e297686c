#include "data/match_spool.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <span>
#include <utility>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/huge_array.h"
#include "base/signals.h"

namespace asterism::data {

struct MatchSpool::Record {
  double ra, dec;
  int64_t row;
};

namespace {

using Record = MatchSpool::Record;

// The file: the rows of run after run, each sorted by zone; then the place of the first row of each zone of each run;
// then this.
struct Tail {
  char magic[8] = {'A', 'S', 'T', 'M', 'A', 'T', 'C', '2'};
  int64_t runs = 0, rows = 0;
  uint64_t sum = 0;  // of sum_of() over all rows
};

uint64_t sum_of(const Record& r) {
  return std::bit_cast<uint64_t>(r.ra) + std::bit_cast<uint64_t>(r.dec) + uint64_t(r.row);
}

// Sorts run after run into the same memory, which is not cleared in between.
class RunSorter {
 public:
  // The rows of a run that have a position, by zone; `places` becomes, for each zone, `first` and the rows before it.
  std::span<const Record> sort(const SkyColumns& run, int64_t first, std::vector<int64_t>& places) {
    const size_t n = run.ra_deg.size();
    places.assign(MatchSpool::kZones + 1, 0);
    zones_.resize(std::max(n, zones_.size()));
    for (size_t i = 0; i < n; ++i) {
      const bool placed = std::isfinite(run.ra_deg[i]) && std::isfinite(run.dec_deg[i]);
      zones_[i] = placed ? uint16_t(MatchSpool::zone_of(run.dec_deg[i])) : kNone;
      if (placed) ++places[zones_[i]];
    }
    int64_t place = 0;
    for (auto& p : places) place += std::exchange(p, place);
    if (records_.size() < size_t(place)) records_ = base::HugeArray<Record>(size_t(place));
    next_ = places;
    for (size_t i = 0; i < n; ++i) {
      if (zones_[i] != kNone)
        records_[size_t(next_[zones_[i]]++)] = {run.ra_deg[i], run.dec_deg[i], run.first + int64_t(i)};
    }
    for (auto& p : places) p += first;
    for (size_t i = 0; i < size_t(place); ++i) sum += sum_of(records_[i]);
    return {records_.data(), size_t(place)};
  }
  uint64_t sum = 0;  // of sum_of() over all rows so far

 private:
  static constexpr uint16_t kNone = 65535;
  static_assert(MatchSpool::kZones < kNone);
  std::vector<uint16_t> zones_;
  std::vector<int64_t> next_;
  base::HugeArray<Record> records_;
};

}  // namespace

int64_t MatchSpool::zone_of(double dec_deg) {
  return std::clamp<int64_t>(int64_t((dec_deg + 90) * (double(kZones) / 180)), 0, kZones - 1);
}

void MatchSpool::write(const MatchInput& table, int64_t run_rows, const std::function<void(SkyColumns&)>& prepare,
                       const std::filesystem::path& path) {
  base::AtomicFile file(path);
  const auto& chunks = table.chunks();
  std::vector<int64_t> all_places, places;
  RunSorter sorter;
  Tail tail;
  for (size_t begin = 0; begin + 1 < chunks.size();) {
    size_t end = begin + 1;
    while (end + 1 < chunks.size() && chunks[end + 1] - chunks[begin] <= run_rows) ++end;
    SkyColumns run = table.read_sky(begin, end);
    prepare(run);
    const auto records = sorter.sort(run, tail.rows, places);
    file.write(records.data(), records.size_bytes());
    all_places.insert(all_places.end(), places.begin(), places.end());
    tail.rows += int64_t(records.size());
    ++tail.runs;
    begin = end;
    base::stop_if_requested("stopped while positions were sorted; give --resume to go on");
  }
  tail.sum = sorter.sum;
  file.write(all_places.data(), all_places.size() * sizeof(int64_t));
  file.write(&tail, sizeof tail);
  file.commit(base::Sync::no);
}

MatchSpool::MatchSpool(const std::filesystem::path& path, Check check) : path_(path), file_(path) {
  Tail tail, good;
  const size_t size = file_.size();
  if (size >= sizeof tail) std::memcpy(&tail, file_.data() + size - sizeof tail, sizeof tail);
  const bool fits = size >= sizeof tail && std::memcmp(tail.magic, good.magic, sizeof good.magic) == 0 &&
                    tail.runs >= 0 && tail.rows >= 0 && tail.rows <= int64_t(size / sizeof(Record)) &&
                    tail.runs <= int64_t(size / 8 / (kZones + 1)) &&
                    size_t(tail.rows) * sizeof(Record) + size_t(tail.runs) * (kZones + 1) * 8 + sizeof tail == size;
  if (!fits) base::data_error("{}: it is damaged; remove the folder and run again without --resume", path.string());
  runs_ = tail.runs;
  first_.resize(size_t(runs_ * (kZones + 1)));
  if (!first_.empty()) std::memcpy(first_.data(), file_.data() + size_t(tail.rows) * sizeof(Record), first_.size() * 8);
  int64_t before = 0;
  for (const int64_t place : first_) {
    if (place < before || place > tail.rows)
      base::data_error("{}: it is damaged; remove the folder and run again without --resume", path.string());
    before = place;
  }
  if (check == Check::shape) return;
  uint64_t sum = 0;
  for (int64_t k = 0; k < tail.rows; ++k) sum += sum_of(record(k));
  if (sum != tail.sum)
    base::data_error("{}: it is damaged; remove the folder and run again without --resume", path.string());
}

MatchSpool::Record MatchSpool::record(int64_t k) const {
  Record out;
  std::memcpy(&out, file_.data() + size_t(k) * sizeof out, sizeof out);
  return out;
}

int64_t MatchSpool::rows_in(int64_t begin_zone, int64_t end_zone) const {
  int64_t rows = 0;
  for (int64_t r = 0; r < runs_; ++r)
    rows += first_[size_t(r * (kZones + 1) + end_zone)] - first_[size_t(r * (kZones + 1) + begin_zone)];
  return rows;
}

void MatchSpool::read(int64_t begin_zone, int64_t end_zone, Rows& out, const MatchMask* near) const {
  const auto n = size_t(rows_in(begin_zone, end_zone));
  out.ra_deg.resize(n);
  out.dec_deg.resize(n);
  out.row.resize(n);
  size_t i = 0;
  for (int64_t r = 0; r < runs_; ++r) {
    const int64_t begin = first_[size_t(r * (kZones + 1) + begin_zone)];
    const int64_t end = first_[size_t(r * (kZones + 1) + end_zone)];
    for (int64_t k = begin; k < end; ++k) {
      const Record one = record(k);
      if (near && !near->may_match(one.ra, one.dec)) continue;
      out.ra_deg[i] = one.ra;
      out.dec_deg[i] = one.dec;
      out.row[i++] = one.row;
    }
  }
  out.ra_deg.resize(i);
  out.dec_deg.resize(i);
  out.row.resize(i);
}

}  // namespace asterism::data
