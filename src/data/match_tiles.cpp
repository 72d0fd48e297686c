#include "data/match_tiles.h"

#include <algorithm>
#include <cstdlib>
#include <string_view>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/progress.h"
#include "base/signals.h"
#include "data/match_epoch.h"
#include "data/match_spool.h"

namespace asterism::data {
namespace {

namespace fs = std::filesystem;

constexpr const char* kManifest = "match.txt";
constexpr std::string_view kMemory = " memory ";
constexpr int64_t kMaskShare = 8;  // of the memory, for the mask: then there is no tile yet
constexpr int64_t kRowBytes = 96;  // of one position in memory while it is matched, its grid included

// What must be the same for a run to go on with another's tiles.
std::string identity_of(const MatchInput& a, const MatchInput& b, const MatchTablesOptions& options,
                        int64_t memory_bytes) {
  return fmt::format("asterism data match, format 3\nA {}\nB {}\nradius {} nearest {} mutual {} epoch {}{}{}\n",
                     a.identity(), b.identity(), options.match.radius_arcsec, options.match.nearest, options.mutual,
                     options.epoch_yr ? fmt::format("{}", *options.epoch_yr) : "none", kMemory, memory_bytes);
}

}  // namespace

MatchTiles::MatchTiles(fs::path folder, const MatchInput& a, const MatchInput& b, const MatchTablesOptions& options,
                       int64_t memory_bytes, const Positions& positions)
    : folder_(std::move(folder)), options_(options) {
  begin_folder(identity_of(a, b, options, memory_bytes));
  const bool found_b = found(1, positions), found_a = found(0, positions);
  const int64_t run_rows = std::max<int64_t>(1, memory_bytes / kRowBytes);
  // Where b has rows at all: what of a is far from all of them is neither written nor searched.
  MatchMask mask(options.match.radius_arcsec, found_a ? 0 : b.num_rows(), memory_bytes / kMaskShare);
  if (!found_b)
    spool(1, b, run_rows, positions, [&](SkyColumns& rows) {
      if (mask.useful()) mask.add(rows.ra_deg, rows.dec_deg);
    });
  bool choose = mask.useful() && !found_b;
  if (!found_a)
    spool(0, a, run_rows, positions, [&](SkyColumns& rows) {
      if (choose) choose = mask.keep_possible(rows) * 2 < int64_t(rows.ra_deg.size());  // else not worth the while
    });
  a_.emplace(spool_of(0), found_a ? MatchSpool::Check::content : MatchSpool::Check::shape);
  b_.emplace(spool_of(1), found_b ? MatchSpool::Check::content : MatchSpool::Check::shape);
  const int64_t most = std::max<int64_t>(1, memory_bytes / kRowBytes);
  for (int64_t zone = 0; zone < MatchSpool::kZones;) {
    int64_t end = zone + 1;
    while (end < MatchSpool::kZones && a_->rows_in(zone, end + 1) + b_->rows_in(zone, end + 1) <= most) ++end;
    if (a_->rows_in(zone, end) > 0) tiles_.push_back({zone, end});
    zone = end;
  }
}

bool MatchTiles::found(int side, const Positions& positions) const {
  return fs::exists(spool_of(side)) && (!positions.load || positions.load(side, spool_of(side).string() + ".json"));
}

void MatchTiles::spool(int side, const MatchInput& table, int64_t run_rows, const Positions& positions,
                       const std::function<void(SkyColumns& rows)>& further) {
  MatchSpool::write(
      table, run_rows,
      [&](SkyColumns& rows) {
        positions.prepare(side, rows);
        further(rows);
      },
      spool_of(side));
  if (positions.save) positions.save(side, spool_of(side).string() + ".json");
}

std::optional<int64_t> MatchTiles::memory_of(const fs::path& folder) {
  if (!fs::exists(folder / kManifest)) return std::nullopt;
  const auto text = base::read_text(folder / kManifest);
  const size_t at = text.rfind(kMemory);
  const int64_t bytes = at == std::string::npos ? 0 : std::atoll(text.c_str() + at + kMemory.size());
  return bytes > 0 ? std::optional(bytes) : std::nullopt;
}

void MatchTiles::begin_folder(const std::string& identity) {
  const fs::path manifest = folder_ / kManifest;
  if (fs::exists(folder_)) {
    if (!options_.resume)
      base::user_error("{} is there, left by a run that was stopped: give --resume to go on with it, or remove it",
                       folder_.string());
    if (!fs::exists(manifest) || base::read_text(manifest) != identity)
      base::user_error("{} is of another match (other tables, radius, or memory): remove it", folder_.string());
    return;
  }
  std::error_code error;
  fs::create_directory(folder_, error);
  if (error) base::user_error("{} cannot be made: {}", folder_.string(), error.message());
  base::write_text(manifest, identity);
}

fs::path MatchTiles::file_of(size_t tile) const { return folder_ / fmt::format("tile-{:05d}.pairs", tile); }

std::vector<Match> MatchTiles::match_tile(const Tile& tile, Scratch& scratch) const {
  const double height = 180.0 / MatchSpool::kZones;
  const auto with_border = [&](double radii) {
    const auto zones = int64_t(options_.match.radius_arcsec / 3600 * radii / height) + 1;
    return Tile{std::max<int64_t>(0, tile.begin - zones), std::min(MatchSpool::kZones, tile.end + zones)};
  };
  const Tile around = with_border(1);
  auto& [own, a, b] = scratch;
  a_->read(tile.begin, tile.end, own);
  const auto rows = int64_t(own.row.size()), rows_b = b_->rows_in(around.begin, around.end);
  MatchMask mask(options_.match.radius_arcsec, rows * 4 < rows_b ? rows : 0, rows * 8);
  if (mask.useful()) mask.add(own.ra_deg, own.dec_deg);
  b_->read(around.begin, around.end, b, mask.useful() ? &mask : nullptr);
  if (!options_.mutual) return match(own.positions(), b.positions(), options_.match);
  const Tile wide = with_border(2);
  a_->read(wide.begin, wide.end, a);
  return mutual_only(match(own.positions(), b.positions(), options_.match),
                     match(b.positions(), a.positions(), options_.match));
}

void MatchTiles::run() {
  base::Progress progress("matching", uint64_t(count()), "tiles");
  Scratch scratch;
  for (size_t i = 0; i < tiles_.size(); ++i) {
    if (!fs::exists(file_of(i))) {
      const auto pairs = match_tile(tiles_[i], scratch);
      base::AtomicFile file(file_of(i));
      file.write(pairs.data(), pairs.size() * sizeof(Match));
      file.commit();
    }
    progress.add();
    base::stop_if_requested("stopped between two tiles; give --resume to go on");
  }
  for (size_t i = 0; i < tiles_.size(); ++i) files_.emplace_back(file_of(i));
}

std::vector<std::span<const Match>> MatchTiles::pairs() const {
  std::vector<std::span<const Match>> out;
  for (const auto& file : files_) {
    if (file.size() % sizeof(Match) != 0)
      base::data_error("a file in {} is damaged; remove the folder and run again", folder_.string());
    out.emplace_back(reinterpret_cast<const Match*>(file.data()), file.size() / sizeof(Match));
  }
  return out;
}

}  // namespace asterism::data
