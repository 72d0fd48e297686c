#include "data/join.h"

#include <arrow/api.h>
#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "base/error.h"
#include "base/progress.h"
#include "base/signals.h"
#include "data/hats_read.h"
#include "data/match.h"
#include "data/row_store.h"
#include "data/split.h"

namespace asterism::data {
namespace {

constexpr int64_t kRowsPerBatch = 256;

bool holds(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

struct Places {
  std::vector<double> ra_deg, dec_deg;
  Positions positions() const { return {ra_deg, dec_deg}; }
};

Places places_of(const HatsReader& dataset) {
  constexpr double kNowhere = std::numeric_limits<double>::quiet_NaN();
  Places out;
  for (const auto& object : dataset.keys()) {
    out.ra_deg.push_back(object.has_position ? object.ra_deg : kNowhere);
    out.dec_deg.push_back(object.has_position ? object.dec_deg : kNowhere);
  }
  return out;
}

// Of each row of a the row of b, -1: none.
std::vector<int64_t> partners(const HatsReader& a, const HatsReader& b, double radius_arcsec) {
  const auto of_a = places_of(a), of_b = places_of(b);
  const MatchOptions nearest{.radius_arcsec = radius_arcsec};
  const auto pairs = mutual_only(match(of_a.positions(), of_b.positions(), nearest),
                                 match(of_b.positions(), of_a.positions(), nearest));
  if (pairs.empty())
    base::user_error("{} and {} have not one object within {} arcsec of each other: a larger radius?",
                     a.path().string(), b.path().string(), radius_arcsec);
  std::vector<int64_t> out(of_a.ra_deg.size(), -1);
  for (const auto& pair : pairs) out[size_t(pair.a)] = pair.b;
  return out;
}

// Which modalities of b; those that a has too into `of_a`.
std::vector<std::string> wanted_of(const HatsReader& a, const HatsReader& b, const JoinOptions& options,
                                   std::vector<std::string>& of_a) {
  const auto mine = a.layout().names(), theirs = b.layout().names();
  std::vector<std::string> out;
  for (const auto& name : options.modalities.empty() ? theirs : options.modalities) {
    if (!holds(theirs, name))
      base::user_error("{}: there is no modality '{}'; the nearest is '{}'", b.path().string(), name,
                       base::nearest(name, theirs));
    if (name == kSplitColumn) continue;  // a's decides
    if (!holds(mine, name)) {
      out.push_back(name);
    } else if (options.modalities.empty()) {
      of_a.push_back(name);
    } else {
      base::user_error("{} has '{}' as well: an object can have it once", a.path().string(), name);
    }
  }
  if (out.empty()) base::user_error("{} has nothing that {} has not", b.path().string(), a.path().string());
  return out;
}

// The rows of b that belong to n objects, absent where there is none.
modalities::Batch rows_of(const RowStore& b, const std::vector<int64_t>& partner) {
  std::vector<int64_t> rows, place;
  for (const int64_t row : partner) {
    place.push_back(row < 0 ? -1 : int64_t(rows.size()));
    if (row >= 0) rows.push_back(row);
  }
  auto out = b.gather(rows);
  if (rows.size() == partner.size()) return out;
  for (int64_t& one : place)
    if (one < 0) one = int64_t(rows.size());
  for (auto& [name, block] : out.blocks)
    block = modalities::select(modalities::concatenate({block, modalities::absent_like(block, 1)}), place);
  return out;
}

// Columns that hold no modality, posteriors say: a batch has no place for them.
void add_left_out(const HatsReader& from, std::vector<std::string>& out) {
  if (!is_ours(*from.schema())) return;
  const auto taken = from.layout().columns_for({});
  for (const auto& name : from.schema()->field_names())
    if (name != "_healpix_29" && !holds(taken, name)) out.push_back(name);
}

// What the files say of these modalities.
void add_notes(const HatsReader& from, const std::vector<std::string>& names, DatasetInfo& info) {
  for (const auto& name : names) {
    const auto field = from.schema()->GetFieldByName(from.layout().find(name)->column);
    if (field == nullptr || field->metadata() == nullptr) continue;
    const auto word = [&](const char* key) { return field->metadata()->Get(key).ValueOr(""); };
    const ColumnNote note{word("description"), word("ucd")};
    if (!note.description.empty() || !note.ucd.empty()) info.columns.emplace(name, note);
  }
}

std::string both(const std::string& a, const std::string& b) {
  return a == b || b.empty() ? a : a.empty() ? b : a + "; " + b;
}

DatasetInfo info_of(const HatsReader& a, const HatsReader& b, const std::filesystem::path& out, double radius_arcsec) {
  const auto of_a = a.info(), of_b = b.info();
  return {
      .name = out.filename().string(),
      .title = fmt::format("{} with {}", a.name(), b.name()),
      .description = fmt::format("Objects of {} with what {} observed of them, matched by position within {} arcsec.",
                                 a.name(), b.name(), radius_arcsec),
      .provenance = both(of_a.provenance, of_b.provenance) + "; joined by asterism " ASTERISM_VERSION,
      .licence = both(of_a.licence, of_b.licence),
      .citation = both(of_a.citation, of_b.citation),
      .acknowledgement = both(of_a.acknowledgement, of_b.acknowledgement),
      .columns = {}};
}

}  // namespace

Joined join_datasets(const std::filesystem::path& a_path, const std::filesystem::path& b_path,
                     const std::filesystem::path& out, const JoinOptions& options, const HatsOptions& hats) {
  const auto a = HatsReader::open(a_path), b = HatsReader::open(b_path);
  Joined joined;
  const auto names = wanted_of(a, b, options, joined.of_a);
  const auto partner = partners(a, b, options.radius_arcsec);
  const auto store = open_store(b_path, names);
  add_left_out(a, joined.left_out);
  if (options.modalities.empty()) add_left_out(b, joined.left_out);
  auto info = info_of(a, b, out, options.radius_arcsec);
  add_notes(a, a.layout().names(), info);
  add_notes(b, names, info);
  HatsWriter writer(out, info, hats);
  base::Progress progress("joining " + a.name() + " and " + b.name(), a.num_rows(), "objects");
  a.for_each(a.layout().names(), kRowsPerBatch, [&](modalities::Batch&& batch, int64_t first) {
    base::stop_if_requested("stopped by a signal; nothing was written");
    progress.add(batch.size());
    std::vector<int64_t> kept, of_b;
    for (int64_t i = 0; i < batch.size(); ++i) {
      const int64_t row = partner[size_t(first + i)];
      joined.matched += row >= 0;
      if (row < 0 && !options.all) continue;
      kept.push_back(i);
      of_b.push_back(row);
    }
    if (kept.empty()) return true;
    auto whole = modalities::select(batch, kept);
    whole.blocks.merge(rows_of(*store, of_b).blocks);
    writer.add(whole);
    return true;
  });
  joined.dataset = writer.finish();
  return joined;
}

}  // namespace asterism::data
