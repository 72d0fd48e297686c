#include "data/match_spool.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/signals.h"

namespace asterism::data {
namespace {

// The file: the rows of run after run, each sorted by zone; then the place of the first row of each zone of each run;
// then this.
struct Tail {
  char magic[8] = {'A', 'S', 'T', 'M', 'A', 'T', 'C', '1'};
  int64_t runs = 0, rows = 0;
};

struct Record {
  double ra = 0, dec = 0;
  int64_t row = 0;
};

// The rows of a run that have a position, by zone; counts[z] becomes the place of the first of zone z, from `first` on.
std::vector<Record> sorted(const SkyColumns& run, int64_t first, std::vector<int64_t>& places) {
  const size_t n = run.ra_deg.size();
  places.assign(MatchSpool::kZones + 1, 0);
  constexpr int32_t kNone = -1;
  std::vector<int32_t> zones(n, kNone);
  for (size_t i = 0; i < n; ++i) {
    if (!std::isfinite(run.ra_deg[i]) || !std::isfinite(run.dec_deg[i])) continue;
    zones[i] = int32_t(MatchSpool::zone_of(run.dec_deg[i]));
    ++places[size_t(zones[i])];
  }
  int64_t place = 0;
  for (auto& p : places) place += std::exchange(p, place);
  std::vector<Record> out(static_cast<size_t>(place));
  auto next = places;
  for (size_t i = 0; i < n; ++i) {
    if (zones[i] != kNone)
      out[size_t(next[size_t(zones[i])]++)] = {run.ra_deg[i], run.dec_deg[i], run.first + int64_t(i)};
  }
  for (auto& p : places) p += first;
  return out;
}

}  // namespace

int64_t MatchSpool::zone_of(double dec_deg) {
  return std::clamp<int64_t>(int64_t((dec_deg + 90) * (double(kZones) / 180)), 0, kZones - 1);
}

void MatchSpool::write(const MatchInput& table, int64_t run_rows, const std::function<void(SkyColumns&)>& prepare,
                       const std::filesystem::path& path) {
  base::AtomicFile file(path);
  const auto& chunks = table.chunks();
  std::vector<int64_t> all_places, places;
  Tail tail;
  for (size_t begin = 0; begin + 1 < chunks.size();) {
    size_t end = begin + 1;
    while (end + 1 < chunks.size() && chunks[end + 1] - chunks[begin] <= run_rows) ++end;
    SkyColumns run = table.read_sky(begin, end);
    prepare(run);
    const auto records = sorted(run, tail.rows, places);
    file.write(records.data(), records.size() * sizeof(Record));
    all_places.insert(all_places.end(), places.begin(), places.end());
    tail.rows += int64_t(records.size());
    ++tail.runs;
    begin = end;
    base::stop_if_requested("stopped while positions were sorted; give --resume to go on");
  }
  file.write(all_places.data(), all_places.size() * sizeof(int64_t));
  file.write(&tail, sizeof tail);
  file.commit();
}

MatchSpool::MatchSpool(const std::filesystem::path& path) : path_(path), file_(path) {
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
}

int64_t MatchSpool::rows_in(int64_t begin_zone, int64_t end_zone) const {
  int64_t rows = 0;
  for (int64_t r = 0; r < runs_; ++r)
    rows += first_[size_t(r * (kZones + 1) + end_zone)] - first_[size_t(r * (kZones + 1) + begin_zone)];
  return rows;
}

MatchSpool::Rows MatchSpool::read(int64_t begin_zone, int64_t end_zone) const {
  Rows out;
  const auto n = size_t(rows_in(begin_zone, end_zone));
  out.ra_deg.resize(n);
  out.dec_deg.resize(n);
  out.row.resize(n);
  size_t i = 0;
  for (int64_t r = 0; r < runs_; ++r) {
    const int64_t begin = first_[size_t(r * (kZones + 1) + begin_zone)];
    const int64_t end = first_[size_t(r * (kZones + 1) + end_zone)];
    for (int64_t k = begin; k < end; ++k, ++i) {
      Record record;
      std::memcpy(&record, file_.data() + size_t(k) * sizeof record, sizeof record);
      out.ra_deg[i] = record.ra;
      out.dec_deg[i] = record.dec;
      out.row[i] = record.row;
    }
  }
  return out;
}

}  // namespace asterism::data
