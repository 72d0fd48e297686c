#include "tour/tour.h"

#include <fmt/core.h>

#include <cstdio>
#include <set>

#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/resources.h"
#include "base/signals.h"
#include "data/import.h"
#include "data/mock.h"
#include "eval/evaluate.h"
#include "infer/embed.h"
#include "report/page.h"
#include "similar/object_index.h"
#include "tour/evaluate_step.h"
#include "tour/plan.h"
#include "tour/sections_data.h"
#include "tour/sections_training.h"
#include "tour/sections_vectors.h"
#include "train/run.h"

namespace asterism::tour {
namespace {

namespace fs = std::filesystem;

// To whoever watches. Standard output is for data where JSON lines are asked for.
template <class... Args>
void tell(fmt::format_string<Args...> text, Args&&... args) {
  if (base::json_lines()) return base::log_info(text, std::forward<Args>(args)...);
  if (base::log_level() > base::LogLevel::info) return;
  fmt::print("{}\n", fmt::format(text, std::forward<Args>(args)...));
  std::fflush(stdout);
}

void say(const std::string& what, const std::string& sentence) {
  if (base::json_lines())
    base::log_event(base::LogLevel::info, "step", base::JsonLine().add("name", what).add("what", sentence));
  else
    tell("\n== {}\n{}", what, sentence);
}

void go_on() { base::stop_if_requested("stopped by a signal; what was finished so far stays in the tour's folder."); }

// Only what a tour made: a folder that holds anything else is left as it is.
void remove_tour(const fs::path& folder) {
  static const std::set<std::string> kMade = {"sky",         "fluxes",     "redshift",          "spectrum_codec",
                                              "image_codec", "any_to_any", "contrastive",       "mock_stars",
                                              "photoz",      "rgb_codec",  "galaxy_zoo",        "zcosmos",
                                              "boss",        "sdss_stars", "legacy_galaxy_zoo", "vectors",
                                              "index",       "report.html"};
  if (!fs::is_directory(folder))
    base::user_error("'{}' is no folder of a tour: choose another --out.", folder.string());
  for (const auto& entry : fs::directory_iterator(folder))
    if (!kMade.contains(entry.path().filename().string()))
      base::user_error("'{}' holds '{}', which no tour made: choose another --out.", folder.string(),
                       entry.path().filename().string());
  fs::remove_all(folder);
}

void make_dataset(const DatasetStep& step, const TourOptions& options) {
  say(step.name, step.sentence);
  data::WrittenDataset written;
  if (!step.mock_surveys.empty()) {
    data::MockOptions mock;
    mock.surveys = step.mock_surveys;
    mock.objects = step.mock_objects;
    mock.population = step.population;
    mock.scalars_only = step.scalars_only;
    mock.first = step.scalars_only ? int64_t{1} << 32 : 0;  // other objects than those with images
    mock.seed = uint64_t(options.seed);
    written = data::write_mock(mock, options.out / step.name);
  } else {
    data::ImportOptions import;
    import.picture_size = 106;  // the models see the inner 64
    written = data::import_survey(step.survey, step.inputs, options.out / step.name, import).dataset;
  }
  tell("{} objects, {:.1f} MB: {}", written.rows + written.unplaced_rows, double(written.bytes) / 1e6,
       written.path.string());
}

void run_training(const TrainStep& step, const TourOptions& options) {
  say("training " + step.name, step.sentence);
  train::TrainRequest request;
  request.recipe = base::resource("recipes/" + step.recipe);
  request.folder = options.out / step.name;
  request.overrides = {fmt::format("train.steps={}", step.steps), fmt::format("train.seed={}", options.seed)};
  if (step.batch_size > 0) request.overrides.push_back(fmt::format("data.batch_size={}", step.batch_size));
  request.overrides.push_back(
      step.draws_mock
          ? fmt::format("data.mock.sky={}", options.seed)
          : fmt::format("data.datasets=['{}']",
                        (options.out / (step.learns_from.empty() ? step.dataset : step.learns_from)).string()));
  for (const auto& [modality, from] : step.codecs)
    request.overrides.push_back(
        fmt::format("model.modalities.{}.codec='{}'", modality, (options.out / from / "model").string()));
  if (!step.modality.empty()) request.overrides.push_back(fmt::format("tokenizer.modality='{}'", step.modality));
  const auto result = train::train_from_recipe(request);
  if (result.interrupted) go_on();
  tell("{} steps in {}, loss {:.3g}, {:.0f} objects/s", result.steps, base::format_duration(result.seconds),
       result.loss, result.objects_per_s);
}

void make_search(const Plan& plan, const std::string& dataset, const TourOptions& options) {
  say("vectors and search",
      "Every object gets a vector; the vectors are indexed, so that one object finds those like it.");
  infer::EmbedOptions embed;
  embed.model = options.out / plan.search_model / "model";
  embed.dataset = options.out / dataset;
  embed.out = options.out / "vectors";
  infer::embed(embed);
  similar::BuildOptions build;
  build.vectors = embed.out;
  build.pictures = embed.dataset;
  const uint64_t rows = similar::build_object_index(build, options.out / "index");
  tell("{} objects indexed. Try: asterism search {} --id ID --html like.html", rows, (options.out / "index").string());
}

report::Page write_report(const Plan& plan, const TourOptions& options, const base::Stopwatch& watch) {
  report::Page page(plan.title, plan.subtitle);
  page.facts({{"version", ASTERISM_VERSION},
              {"seed", std::to_string(options.seed)},
              {"made", base::utc_now_iso()},
              {"time so far", base::format_duration(watch.seconds())}});
  page.paragraph(
      "Objects are split by the hash of their id. Everything judged below is judged on objects that took no part in "
      "training, "
      "and every figure stands beside a trivial baseline.");
  for (const auto& step : plan.datasets)
    add_dataset_section(page, options.out / step.name, step.name, step.sentence, step.name == plan.gallery);
  add_training_section(page, plan, options.out);
  for (const auto& step : plan.trainings) {
    go_on();
    if (!step.evaluate) continue;
    tell("asking {}", step.name);
    const auto collected = collect_step(step, options.out);
    page.section(step.name).paragraph(step.sentence);
    add_vector_section(page, collected, options.out / step.dataset);
    add_reconstruction_section(page, collected);
    add_posterior_section(page, collected);
    eval::add_answers(page, eval::ask_all(collected, {}, step.questions), eval::AnswerLevel::kHeading);
  }
  add_search_section(page, options.out / "index");
  return page;
}

}  // namespace

fs::path tour(const TourOptions& options) {
  if (!(options.minutes >= kLeastMinutes && options.minutes <= kMostMinutes))
    base::user_error("--minutes {}: allowed are {} to {}.", options.minutes, kLeastMinutes, kMostMinutes);
  if (fs::exists(options.out) && !options.replace)
    base::user_error("'{}' exists. Choose another --out, or --replace it.", options.out.string());
  const base::Stopwatch watch;
  const Plan plan = options.data.empty() ? mock_plan(options) : real_plan(options);
  std::error_code error;
  if (fs::exists(options.out)) remove_tour(options.out);
  if (!fs::create_directories(options.out, error))
    base::user_error("cannot make '{}': {}.", options.out.string(), error.message());
  tell("{}\n{}", plan.title, plan.subtitle);
  for (const auto& step : plan.datasets) go_on(), make_dataset(step, options);
  for (const auto& step : plan.trainings) go_on(), run_training(step, options);
  go_on();
  for (const auto& step : plan.trainings)
    if (step.name == plan.search_model) make_search(plan, step.dataset, options);
  say("report", "Each model is asked what an astronomer would ask of it.");
  fs::path report = options.out / "report.html";
  write_report(plan, options, watch).write(report);
  const double gib = double(base::peak_resident_bytes()) / double(1 << 30);
  if (base::json_lines())
    fmt::print("{}\n",
               base::JsonLine().add("report", report.string()).add("seconds", watch.seconds()).add("gib", gib).str());
  else
    fmt::print("\n{} after {}, at most {:.1f} GiB of memory. Open it in a browser.\n", report.string(),
               base::format_duration(watch.seconds()), gib);
  return report;
}

}  // namespace asterism::tour
