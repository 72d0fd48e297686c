#include "eval/evaluate.h"

#include <fmt/core.h>

#include "apps/commands.h"
#include "apps/model/device_option.h"
#include "apps/options.h"
#include "base/apart.h"
#include "base/error.h"
#include "base/signals.h"

namespace asterism::apps {
namespace {

void print(const std::vector<eval::Answer>& answers, const std::filesystem::path& out) {
  for (const auto& answer : answers) {
    fmt::print("\n{} ({} train, {} test)\n", answer.sentence, answer.train, answer.test);
    for (const auto& score : answer.scores)
      fmt::print("  {:<28} {:<52} {:<22} {:>9.4g} [{:.4g}, {:.4g}]{}\n", score.subject, score.method, score.measure,
                 score.interval.value, score.interval.low, score.interval.high, score.baseline ? "  baseline" : "");
    for (const auto& note : answer.notes) fmt::print("  note: {}\n", note);
  }
  fmt::print("\n{}/report.html\n", out.string());
}

std::string question_help() {
  std::string out = "only these, a,b,...:";
  for (const auto& entry : eval::all_questions()) out += fmt::format("\n  {}: {}", entry.name, entry.sentence);
  return out;
}

// Data that are made on the way.
void add_mock_options(CommandLine& line, train::MockSettings& mock) {
  auto* objects =
      line.app.add_option("--mock", mock.objects, "instead: so many objects of the mock sky, made on the way")
          ->check(CLI::PositiveNumber);
  line.app.add_option("--mock-survey", mock.surveys, "of the mock sky, a,b,...")->capture_default_str()->needs(objects);
  line.app.add_option("--mock-sky", mock.sky, "seed of the mock sky")
      ->capture_default_str()
      ->check(CLI::NonNegativeNumber)
      ->needs(objects);
  line.app.add_flag("--mock-scalars", mock.scalars_only, "without images and spectra: much faster")->needs(objects);
}

// What is true, and what of it a model is asked about.
void add_labels(CommandLine& line, eval::EvaluateRequest& request) {
  line.app.add_option("--label", request.collect.labels,
                      "true quantities, a,b,...; default: every scalar but fluxes and magnitudes");
  line.app.add_option(
      "--class", request.collect.classes,
      "labels that are classes and no numbers, a,b,...; so are those that the model gives probabilities "
      "of, and whole numbers with \"class\" in their name");
}

// How many objects.
void add_limits(CommandLine& line, eval::EvaluateRequest& request) {
  line.app.add_option("--limit", request.collect.limit, "at most so many objects; 0: all")
      ->capture_default_str()
      ->check(CLI::NonNegativeNumber);
  line.app.add_option("--test-limit", request.collect.test_limit, "at most so many objects are judged; 0: all")
      ->capture_default_str()
      ->check(CLI::NonNegativeNumber);
  line.app
      .add_option(
          "--draws", request.collect.draws,
          "of the question `drawn`: of each image and spectrum; --question drawn --given spectrum_desi --draws 16")
      ->check(CLI::Range(2, 1000))
      ->capture_default_str();
  line.app
      .add_option("--pairs", request.ask.pairs, "among how many at most an object's other observation is looked for")
      ->check(CLI::Range(2, 1000000))
      ->capture_default_str();
  line.app.add_option("--neighbours", request.ask.neighbours, "by how many neighbours properties are told")
      ->check(CLI::Range(1, 10000))
      ->capture_default_str();
}

// Options that are lists of words, as they were given.
struct Words {
  std::vector<std::string> given, require, read_as, zero_point, psf, pairs, joint;
};

// What goes through a tokenizer, and how.
void add_tokenizer_options(CommandLine& line, eval::EvaluateRequest& request, Words& told) {
  line.app.add_option("--modality", request.modality, "of a tokenizer: what it reads; default: what it was trained on");
  line.app
      .add_option(
          "--rebuild-limit", request.collect.reconstructions,
          "spectra and images a modality that go through the codec and back; of `drawn`, objects of each target "
          "and set of inputs")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  line.app.add_option("--read-as", told.read_as,
                      "BAND=OTHER: of a tokenizer, this band of images goes through it under another's name");
  line.app
      .add_option("--bin", request.collect.rebuild_as.bin,
                  "of a tokenizer: join so many by so many pixels of images first")
      ->capture_default_str()
      ->check(CLI::Range(1, 64));
  line.app.add_option("--zero-point", told.zero_point,
                      "BAND=MAGNITUDE: of a tokenizer: AB zero point of images in counts, of each band; their noise is "
                      "that of the border where the files give none");
  line.app.add_option("--psf", told.psf,
                      "BAND=ARCSEC: of a tokenizer: full width of a band's PSF, whatever the files tell");
  line.app.add_option("--counts-as", request.collect.rebuild_as.calibration.counts_as,
                      "of a tokenizer: unit that spectra in counts are taken to be in");
}

std::map<std::string, double> by_band(const char* option, const std::vector<std::string>& told, double low,
                                      double high) {
  std::map<std::string, double> out;
  for (const auto& one : split_commas(told)) {
    const auto [band, value] = split_assignment(option, one);
    if (!(value > low && value < high))
      base::user_error("{} {}: a number between {} and {} is wanted", option, one, low, high);
    out[band] = value;
  }
  return out;
}

std::map<std::string, std::string> renamed(const std::vector<std::string>& read_as) {
  std::map<std::string, std::string> out;
  for (const auto& one : split_commas(read_as)) {
    const auto equals = one.find('=');
    if (equals == std::string::npos || equals == 0 || equals + 1 == one.size())
      base::user_error("--read-as {}: write BAND=OTHER", one);
    out[one.substr(0, equals)] = one.substr(equals + 1);
  }
  return out;
}

std::vector<std::vector<std::string>> sets(const char* option, const std::vector<std::string>& words) {
  std::vector<std::vector<std::string>> out;
  for (const auto& set : words) out.push_back(split_names(option, {set}));
  return out;
}

std::vector<std::pair<std::string, std::string>> paired(const std::vector<std::string>& pairs) {
  std::vector<std::pair<std::string, std::string>> out;
  for (const auto& one : pairs) {
    const auto names = split_names("--pair", {one});
    if (names.size() != 2) base::user_error("--pair {}: write two scalars, A,B", one);
    out.emplace_back(names[0], names[1]);
  }
  return out;
}

void read_words(const Words& told, eval::EvaluateRequest& request) {
  for (const auto& one : told.require) {
    const auto [name, value] = split_assignment("--require", one);
    request.require[name] = value;
  }
  request.collect.rebuild_as.read_as = renamed(told.read_as);
  request.collect.rebuild_as.calibration.zero_point = by_band("--zero-point", told.zero_point, -10, 60);
  request.collect.rebuild_as.calibration.psf_arcsec = by_band("--psf", told.psf, 0, 100);
  request.collect.given = sets("--given", told.given);
  request.collect.joint = sets("--joint", told.joint);
  request.collect.pairs = paired(told.pairs);
}

}  // namespace

int evaluate_command(const Arguments& arguments) {
  CommandLine line("evaluate", "Asks a model the questions an astronomer would, each beside a trivial baseline.",
                   "asterism evaluate runs/redshift out/sky --out out/report --given flux_g,flux_r");
  eval::EvaluateRequest request;
  Words told;
  line.app.add_option("MODEL", request.model, "folder of a model, a tokenizer or a run")->required();
  line.app.add_option("DATASET", request.datasets, "datasets to judge on; or --mock");
  add_mock_options(line, request.mock);
  line.app.add_option("--out", request.out, "folder to make: answers.json, report.html")->required();
  line.app.add_flag("--replace", request.replace, "take the place of an evaluation that is there");
  line.app.add_option("--question", request.questions, question_help());
  add_labels(line, request);
  line.app.add_option("--given", told.given, "a further set of inputs for posteriors, a,b,...; may be repeated");
  line.app.add_option("--pair", told.pairs,
                      "two scalars, a,b, whose joint distribution is factored both ways; repeatable");
  line.app.add_option("--joint", told.joint, "labels that are drawn together and judged together, a,b,...; repeatable");
  add_limits(line, request);
  line.app
      .add_option("--test", request.collect.test,
                  "side that is judged: test, validation, train+validation, all; test@2: of fold 2 of 0 to 4")
      ->capture_default_str();
  line.app.add_option("--train", request.collect.train, "side that baselines and heads learn from")
      ->capture_default_str();
  line.app.add_option("--learn-from", request.learn_from,
                      "heads and baselines learn from this dataset instead, all but what is judged; may be repeated");
  add_tokenizer_options(line, request, told);
  line.app.add_option("--require", told.require, "only objects with this value, NAME=NUMBER; may be repeated");
  add_device_option(line.app, request.device);
  add_precision_option(line.app, request.precision, "says what that costs");
  line.app.add_option("--batch-size", request.batch_size, "objects at once")
      ->capture_default_str()
      ->check(CLI::Range(1, 65536));
  if (!line.parse(arguments)) return 0;
  request.told = told_options(line.app);
  request.questions = split_commas(request.questions);
  request.collect.labels = split_names("--label", request.collect.labels);
  request.collect.classes = split_names("--class", request.collect.classes);
  request.mock.surveys = split_commas(request.mock.surveys);
  read_words(told, request);
  for (const auto& dataset : request.datasets) base::check_apart(dataset, request.out);
  for (const auto& dataset : request.learn_from) base::check_apart(dataset, request.out);
  base::install_stop_signals();
  const auto answers = eval::evaluate(request);
  if (line.json)
    fmt::print("{}\n", eval::answers_json(answers, request.model.string()));
  else
    print(answers, request.out);
  return 0;
}

}  // namespace asterism::apps
