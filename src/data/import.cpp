#include "data/import.h"

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

}  // namespace

Imported import_survey(const std::string& name, const std::vector<std::filesystem::path>& inputs,
                       const std::filesystem::path& out, const ImportOptions& options, const HatsOptions& hats) {
  if (inputs.empty()) base::user_error("no input was named; '{}' takes {}", name, find_survey(name).inputs);
  BadRows bad(options.max_bad);
  const auto import = find_survey(name).open(inputs, options, bad);
  HatsWriter writer(out, import->info(), hats);
  std::unordered_set<uint64_t> seen;
  base::Progress progress("importing " + name, uint64_t(import->expected_rows()));
  while (auto batch = import->next()) {
    base::stop_if_requested("stopped by a signal; nothing was written");
    const auto rows = without_repeats(std::move(*batch), seen, *import, bad);
    if (rows.size() > 0) writer.add(rows);
    progress.add(uint64_t(rows.size()));
  }
  progress.finish();
  if (bad.count() > 0 && seen.empty())
    base::data_error("no row of {} could be imported; {} were refused, the first one: {}", inputs[0].string(),
                     bad.count(), bad.first());
  if (bad.count() > 0) {
    writer.add_file("bad_rows.csv", bad.csv());
    base::log_warning("{} rows could not be used; see {}", bad.count(), (out / "bad_rows.csv").string());
  }
  return {writer.finish(), bad.count()};
}

}  // namespace asterism::data
