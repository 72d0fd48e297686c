#include "data/match_epoch.h"

#include <cmath>

#include "astro/proper_motion.h"
#include "base/error.h"

namespace asterism::data {
namespace {

bool moves(const SkyColumns& rows) {
  return !rows.pmra_mas_yr.empty() && !rows.pmdec_mas_yr.empty() && !rows.epoch_yr.empty();
}

constexpr double kFirstYear = 1800, kLastYear = 2200;

void check_year(double year, const MatchInput& table, int64_t row) {
  if (year >= kFirstYear && year <= kLastYear) return;
  base::user_error(
      "{}, row {}: its epoch is {}, which is no year from {} to {}: write years (2016.0), or give the column another "
      "name",
      table.path().string(), row, year, kFirstYear, kLastYear);
}

// Whether a table has proper motions, and the first epoch that it states.
struct Head {
  bool moves = false, has_epoch = false;
  double epoch = 0;
  int64_t row = 0;
};

Head head_of(const MatchInput& table) {
  Head out;
  for (size_t chunk = 0; chunk + 1 < table.chunks().size(); ++chunk) {
    const SkyColumns rows = table.read_sky(chunk, chunk + 1);
    if (rows.ra_deg.empty()) continue;
    out.moves = moves(rows);
    for (size_t i = 0; i < rows.epoch_yr.size(); ++i)
      if (std::isfinite(rows.epoch_yr[i]))
        return {.moves = out.moves, .has_epoch = true, .epoch = rows.epoch_yr[i], .row = rows.first + int64_t(i)};
    if (rows.epoch_yr.empty()) break;
  }
  return out;
}

}  // namespace

MatchEpoch match_epoch(const std::vector<const MatchInput*>& tables, std::optional<double> asked) {
  std::vector<Head> heads;
  std::string moving, paths;
  int64_t movers = 0;
  for (const auto* table : tables) {
    heads.push_back(head_of(*table));
    if (heads.back().moves) moving = movers++ == 0 ? table->name() : moving;
    paths += (paths.empty() ? "" : table == tables.back() ? " nor " : ", ") + table->path().string();
  }
  if (asked && movers == 0)
    base::user_error("--epoch {}: neither {} has the columns pmra, pmdec and ref_epoch; leave it out", *asked, paths);
  if (asked) return {asked, fmt::format("proper motions: positions of {}", *asked)};
  if (movers == 0) return {};
  for (size_t t = tables.size(); t-- > 0;) {
    if (!heads[t].has_epoch || movers - (heads[t].moves ? 1 : 0) == 0) continue;
    check_year(heads[t].epoch, *tables[t], heads[t].row);
    return {heads[t].epoch,
            fmt::format("proper motions: positions of {}, the epoch of {}", heads[t].epoch, tables[t]->name())};
  }
  return {std::nullopt, fmt::format("{} has proper motions, but no other table states an epoch: positions are taken as "
                                    "they are; --epoch YEAR moves them",
                                    moving)};
}

void move_to(const MatchEpoch& epoch, bool asked, const MatchInput& table, SkyColumns& rows) {
  if (!epoch.year) return;
  const bool moving = moves(rows);
  for (size_t i = 0; i < rows.epoch_yr.size(); ++i) {
    const double years = *epoch.year - rows.epoch_yr[i];
    if (!std::isfinite(years)) continue;
    const bool known = moving && std::isfinite(rows.pmra_mas_yr[i]) && std::isfinite(rows.pmdec_mas_yr[i]);
    if (known) {
      if (!std::isfinite(rows.ra_deg[i]) || !std::isfinite(rows.dec_deg[i])) continue;
      check_year(rows.epoch_yr[i], table, rows.first + int64_t(i));
      const auto p =
          astro::moved({rows.ra_deg[i], rows.dec_deg[i]}, {rows.pmra_mas_yr[i], rows.pmdec_mas_yr[i]}, years);
      rows.ra_deg[i] = p.ra_deg;
      rows.dec_deg[i] = p.dec_deg;
    } else if (!moving && !asked && std::abs(years) > 0.01) {
      base::user_error("{}, row {}: epoch {}, where others have {}: its rows cannot move, so give one year: --epoch {}",
                       table.path().string(), rows.first + int64_t(i), rows.epoch_yr[i], *epoch.year, *epoch.year);
    }
  }
}

}  // namespace asterism::data
