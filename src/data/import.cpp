#include "data/import.h"

#include <numeric>
#include <unordered_set>

#include "base/error.h"
#include "base/log.h"
#include "base/progress.h"
#include "base/signals.h"

namespace asterism::data {
namespace {

// The rows whose object has not come before; the others go to the bad rows.
modalities::Batch without_repeats(modalities::Batch batch, std::unordered_set<uint64_t>& seen,
                                  const SurveyImport& import, BadRows& bad) {
  std::vector<int64_t> fresh;
  for (int64_t i = 0; i < batch.size(); ++i) {
    const auto& object = batch.objects[size_t(i)];
    if (seen.insert(object.hash()).second) {
      fresh.push_back(i);
    } else {
      const auto place = import.place(i).value_or(SurveyImport::Place{object.survey, object.id});
      bad.add(place.file, place.row,
              fmt::format("object '{}' of survey '{}' came before; keep one of them", object.id, object.survey));
    }
  }
  return int64_t(fresh.size()) == batch.size() ? batch : modalities::select(batch, fresh);
}

// The rows that have all of these modalities.
modalities::Batch with_all(modalities::Batch batch, const std::vector<std::string>& wanted) {
  std::vector<std::string> names;
  for (const auto& entry : batch.blocks) names.push_back(entry.first);
  std::vector<int64_t> rows(size_t(batch.size()));
  std::iota(rows.begin(), rows.end(), int64_t{0});
  for (const auto& name : wanted) {
    const auto found = batch.blocks.find(name);
    if (found == batch.blocks.end())
      base::user_error("this survey gives no '{}'; the nearest is '{}'", name, base::nearest(name, names));
    const auto& present = modalities::present(found->second);
    std::erase_if(rows, [&](int64_t row) { return present[size_t(row)] == 0; });
  }
  return int64_t(rows.size()) == batch.size() ? batch : modalities::select(batch, rows);
}

}  // namespace

Imported import_survey(const std::string& name, const std::vector<std::filesystem::path>& inputs,
                       const std::filesystem::path& out, const ImportOptions& options, const HatsOptions& hats,
                       const std::vector<std::string>& with) {
  if (inputs.empty()) base::user_error("no input was named; '{}' takes {}", name, find_survey(name).inputs);
  BadRows bad(options.max_bad);
  const auto import = find_survey(name).open(inputs, options, bad);
  HatsWriter writer(out, import->info(), hats);
  std::unordered_set<uint64_t> seen;
  int64_t kept = 0;
  base::Progress progress("importing " + name, uint64_t(import->expected_rows()));
  while (auto batch = import->next()) {
    base::stop_if_requested("stopped by a signal; nothing was written");
    auto rows = without_repeats(std::move(*batch), seen, *import, bad);
    progress.add(uint64_t(rows.size()));
    rows = with_all(std::move(rows), with);
    if (rows.size() > 0) writer.add(rows);
    kept += rows.size();
  }
  progress.finish();
  if (bad.count() > 0 && seen.empty())
    base::data_error("no row could be imported; of those refused ({}) the first one: {}", bad.count(), bad.first());
  if (kept == 0 && !with.empty() && !seen.empty())
    base::user_error("no row of {} has all of {}: ask for less", inputs[0].string(), base::quoted_list(with));
  if (bad.count() > 0) {
    writer.add_file("bad_rows.csv", bad.csv());
    base::log_warning("{} rows could not be used; see {}", bad.count(), (out / "bad_rows.csv").string());
  }
  return {writer.finish(), bad.count(), import->notes()};
}

}  // namespace asterism::data
