#pragma once
// The cross-match of tables too large for memory, in tiles: bands of declination, each with what lies within the radius
// of its borders. Everything is kept in one folder, so that a killed run can go on.

#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "base/mapped_file.h"
#include "data/match_input.h"
#include "data/match_spool.h"
#include "data/match_tables.h"

namespace asterism::data {

class MatchTiles {
 public:
  // Prepares each run of positions of a (0) or b (1): epochs, bad rows.
  using Prepare = std::function<void(int side, SkyColumns& rows)>;

  // Makes `folder`, or with options.resume goes on in one that an earlier run of the same match left; what is there of
  // another match, or without resume, is an UserError that says so. memory_bytes bounds what is in memory.
  MatchTiles(std::filesystem::path folder, const MatchInput& a, const MatchInput& b, const MatchTablesOptions& options,
             int64_t memory_bytes, const Prepare& prepare);

  // Matches every tile that is not done yet.
  void run();
  int64_t count() const { return int64_t(tiles_.size()); }
  // The pairs of each tile, by row of a; valid as long as this.
  std::vector<std::span<const Match>> pairs() const;

 private:
  struct Tile {
    int64_t begin = 0, end = 0;  // zones of MatchSpool
    bool operator==(const Tile&) const = default;
  };
  void begin_folder(const std::string& identity);
  struct Scratch {
    MatchSpool::Rows own, a, b;
  };
  std::vector<Match> match_tile(const Tile& tile, Scratch& scratch) const;
  std::filesystem::path file_of(size_t tile) const;

  std::filesystem::path folder_;
  MatchTablesOptions options_;
  std::optional<MatchSpool> a_, b_;
  std::vector<Tile> tiles_;
  std::vector<base::MappedFile> files_;
};

}  // namespace asterism::data
