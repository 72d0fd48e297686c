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
  // What is done with positions as they are read, of a (0) or b (1).
  struct Positions {
    std::function<void(int side, SkyColumns& rows)> prepare;  // each run of them: epochs, bad rows
    std::function<void(int side, const std::filesystem::path& file)> save = nullptr;  // what was found in them
    std::function<bool(int side, const std::filesystem::path& file)> load = nullptr;  // of an earlier run; false: read
  };

  // Makes `folder`, or with options.resume goes on in one that an earlier run of the same match left; what is there of
  // another match, or without resume, is an UserError that says so. memory_bytes bounds what is in memory.
  MatchTiles(std::filesystem::path folder, const MatchInput& a, const MatchInput& b, const MatchTablesOptions& options,
             int64_t memory_bytes, const Positions& positions);

  // The memory that the run which left `folder` was given: another one would cut other tiles. None: no such folder.
  static std::optional<int64_t> memory_of(const std::filesystem::path& folder);

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
  void spool(int side, const MatchInput& table, int64_t run_rows, const Positions& positions,
             const std::function<void(SkyColumns& rows)>& further);
  std::filesystem::path spool_of(int side) const { return folder_ / (side == 0 ? "a.positions" : "b.positions"); }
  bool found(int side, const Positions& positions) const;
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
