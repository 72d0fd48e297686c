#include "data/match_epoch.h"

#include <cmath>

#include "astro/proper_motion.h"
#include "base/error.h"

namespace asterism::data {
namespace {

bool moves(const SkyColumns& rows) {
  return !rows.pmra_mas_yr.empty() && !rows.pmdec_mas_yr.empty() && !rows.epoch_yr.empty();
}

// The first rows of a table, and the first epoch there is among them.
struct Head {
  bool moves = false, has_epoch = false;
  double epoch = 0;
};

Head head_of(const MatchInput& table) {
  Head out;
  if (table.chunks().size() < 2) return out;
  const SkyColumns rows = table.read_sky(0, 1);
  out.moves = moves(rows);
  for (const double year : rows.epoch_yr) {
    if (!std::isfinite(year)) continue;
    out.has_epoch = true;
    out.epoch = year;
    break;
  }
  return out;
}

}  // namespace

MatchEpoch match_epoch(const MatchInput& a, const MatchInput& b, std::optional<double> asked) {
  const Head ha = head_of(a), hb = head_of(b);
  if (asked) {
    if (!ha.moves && !hb.moves)
      base::user_error("--epoch {}: neither {} nor {} has the columns pmra, pmdec and ref_epoch; leave it out", *asked,
                       a.path().string(), b.path().string());
    return {asked, fmt::format("proper motions: positions of {}", *asked)};
  }
  if (!ha.moves && !hb.moves) return {};
  const bool to_b = ha.moves && hb.has_epoch, to_a = hb.moves && ha.has_epoch;
  if (!to_a && !to_b) {
    return {std::nullopt, fmt::format("{} has proper motions, but {} states no epoch: positions are taken as they are; "
                                      "--epoch YEAR moves them",
                                      (ha.moves ? a : b).name(), (ha.moves ? b : a).name())};
  }
  const double year = to_b ? hb.epoch : ha.epoch;
  return {year, fmt::format("proper motions: positions of {}, the epoch of {}", year, (to_b ? b : a).name())};
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
