#include "eval/evaluate.h"

#include <fmt/ranges.h>

#include "base/apart.h"
#include "base/atomic_file.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/folder_hash.h"
#include "base/log.h"
#include "base/resources.h"
#include "base/signals.h"
#include "data/hats_read.h"
#include "data/split.h"
#include "eval/drawn/asked_draws.h"
#include "eval/drawn/drawn_blocks.h"
#include "eval/drawn_together.h"
#include "eval/factored.h"
#include "eval/unused_options.h"
#include "infer/map_dataset.h"
#include "io/json.h"
#include "models/all.h"
#include "models/codec_vectors.h"
#include "nn/autocast.h"
#include "nn/device.h"
#include "tokenizers/all.h"
#include "tokenizers/tokenizer_folder.h"
#include "train/source.h"

namespace asterism::eval {
namespace {

namespace fs = std::filesystem;

// What the questions that are asked read.
Reads read(const EvaluateRequest& request) {
  Reads out;
  for (const auto& entry : all_questions()) {
    if (!asks(request, entry.name)) continue;
    out.vectors |= entry.reads.vectors;
    out.halves |= entry.reads.halves;
    out.reconstructions |= entry.reads.reconstructions;
    out.hidden |= entry.reads.hidden;
    out.drawn_blocks |= entry.reads.drawn_blocks;
  }
  return out;
}

bool draws(const EvaluateRequest& request) { return read(request).drawn_blocks; }

CollectOptions needed(const EvaluateRequest& request) {
  auto options = request.collect;
  const auto reads = read(request);
  options.vectors = options.vectors && reads.vectors;
  options.halves = options.vectors && reads.halves ? request.ask.pairs : 0;
  options.hidden = options.rebuild && reads.hidden;
  options.rebuild = options.rebuild && reads.reconstructions;
  if (reads.drawn_blocks && request.questions.size() == 1) options.given.clear();  // nobody asks for posteriors
  return options;
}

train::DataSettings data_of(const EvaluateRequest& request, const std::vector<fs::path>& datasets) {
  train::DataSettings data;
  for (const auto& dataset : datasets) data.datasets.push_back(dataset.string());
  data.require = request.require;
  data.batch_size = request.batch_size;
  return data;
}

// What is judged of a tokenizer: what the request says, else the one modality that it was trained on.
std::string modality_of(const fs::path& folder, const EvaluateRequest& request) {
  if (!request.modality.empty()) return request.modality;
  const auto recorded = tokenizers::recorded_modalities(folder);
  if (recorded.empty())
    base::user_error("{} is a tokenizer and does not tell what it was trained on: say with --modality what it reads",
                     folder.string());
  if (recorded.size() > 1)
    base::user_error("{} is a tokenizer of several: say with --modality which of {} is judged", folder.string(),
                     base::quoted_list(recorded));
  return recorded.front();
}

// precision: what it is computed in.
Collected collect_folder(const fs::path& folder, const EvaluateRequest& request, nn::Precision& precision) {
  auto data = data_of(request, request.datasets);
  data.mock = request.mock;
  const auto open_learn = [&](const std::vector<std::string>& read) -> std::unique_ptr<data::BatchSource> {
    if (request.learn_from.empty()) return nullptr;
    return open_source(data_of(request, request.learn_from), read, request.collect.labels);
  };
  const auto device = nn::choose_device(request.device);
  precision = nn::choose_precision(request.precision, device, nn::Work::inference);
  const nn::Autocast autocast(precision, device.type());
  if (models::holds_tokenizer(folder)) {
    if (draws(request))
      base::user_error("{} is a tokenizer, which draws nothing: the question 'drawn' is of models of kind 'any_to_any'",
                       folder.string());
    check_told_of_tokenizer(request);
    const std::string modality = modality_of(folder, request);
    const auto source = open_source(data, {modality}, request.collect.labels);
    const auto learn = open_learn({modality});
    const auto tokenizer = tokenizers::load_tokenizer(folder);
    if (!device.is_cpu()) tokenizer->to(device);
    auto options = needed(request);
    options.hidden = options.hidden && !request.questions.empty();  // it reads every spectrum once more
    return collect(*tokenizer, modality, *source, options, learn.get());
  }
  const auto model = models::load_model(folder, device);
  check_told_of_model(request, *model);
  check_pairs(*model, request.collect.pairs);
  check_drawn_together(*model, request.collect.joint);
  if (draws(request)) check_drawn_blocks(*model);
  const auto source = open_source(data, model->modalities(), request.collect.labels);
  const auto learn = open_learn(model->modalities());
  auto collected = collect(*model, *source, needed(request), learn.get());
  add_factored(*model, *source, request.collect.pairs, collected);
  add_drawn_together(*model, *source, request.collect, collected);
  if (draws(request)) add_drawn_blocks(*model, *source, learn.get(), request.collect, collected);
  return collected;
}

std::vector<std::string> row_of(const Score& score, const std::string& subject) {
  const bool fixed = score.interval.low == score.interval.high;
  return {subject, score.method, score.measure,
          fixed ? report::significant(score.interval.value)
                : report::with_interval(score.interval.value, score.interval.low, score.interval.high)};
}

void check_questions(const std::vector<std::string>& questions) {
  std::vector<std::string> names;
  for (const auto& entry : all_questions()) names.push_back(entry.name);
  for (const auto& name : questions)
    if (std::find(names.begin(), names.end(), name) == names.end())
      base::user_error("no question '{}'; the nearest is '{}' of {}", name, base::nearest(name, names),
                       base::quoted_list(names));
}

}  // namespace

std::unique_ptr<data::BatchSource> open_source(const train::DataSettings& data, const std::vector<std::string>& read,
                                               const std::vector<std::string>& labels) {
  std::vector<std::string> known, names;
  for (const auto& path : data.datasets)
    for (const auto& name : data::HatsReader::open(path).layout().names()) known.push_back(name);
  const bool drawn = data.datasets.empty();  // a mock sky has what it has
  auto has = [](const std::vector<std::string>& list, const std::string& name) {
    return std::find(list.begin(), list.end(), name) != list.end();
  };
  auto add = [&](const std::string& name) {
    if (!has(names, name)) names.push_back(name);
  };
  if (labels.empty()) {
    std::for_each(known.begin(), known.end(), add);  // everything, and the column of the split too
  } else {
    for (const auto& name : read)
      if (drawn || has(known, name)) add(name);
    std::for_each(labels.begin(), labels.end(), add);
    if (has(known, data::kSplitColumn)) add(data::kSplitColumn);
  }
  return train::make_source(data, names, "all", false, 0);
}

std::vector<Answer> ask_all(const Collected& collected, const AskOptions& options,
                            const std::vector<std::string>& questions) {
  check_questions(questions);
  std::vector<Answer> out;
  for (const auto& entry : all_questions()) {
    const bool wanted = std::find(questions.begin(), questions.end(), entry.name) != questions.end();
    if (questions.empty() ? entry.by_name : !wanted) continue;
    base::stop_if_requested("stopped by a signal; nothing was written");
    const auto question = entry.make(options);
    if (question->applies(collected.subject, collected.labels)) {
      out.push_back(question->ask(collected.subject, collected.labels, collected.split));
    } else if (wanted) {
      Answer none;
      none.question = question->name();
      none.sentence = question->sentence();
      none.notes.push_back("does not apply: the model or the data lack what it asks about");
      out.push_back(std::move(none));
    }
  }
  // Of what no object has there is nothing to say: unless it was asked for by name, or nothing else is said.
  const auto says = [](const Answer& answer) { return !answer.scores.empty() || !answer.notes.empty(); };
  if (questions.empty() && std::any_of(out.begin(), out.end(), says))
    std::erase_if(out, [&](const Answer& answer) { return !says(answer); });
  for (auto& answer : out)
    if (!says(answer)) answer.notes.push_back("no object of these data has what this asks about");
  const auto& not_asked = collected.subject.not_asked;
  const bool of_labels = !collected.subject.vectors.empty() || !collected.subject.posteriors.empty();
  if (!not_asked.empty() && of_labels && !out.empty())
    out.front().notes.push_back(
        fmt::format("not asked about, being flags or the same for every object: {}", fmt::join(not_asked, ", ")));
  if (out.empty())
    base::log_warning("nothing is judged: no question applies to this model and these {} objects{}{}",
                      collected.subject.objects.size(),
                      not_asked.empty() ? "" : "; flags or the same for every object: ", fmt::join(not_asked, ", "));
  if (collected.not_learned > 0 && !out.empty())
    out.front().notes.push_back(
        fmt::format("of the data to learn from, {} objects were left out: they are judged", collected.not_learned));
  return out;
}

std::string answers_json(const std::vector<Answer>& answers, const std::string& subject, const RequestWords& request) {
  nlohmann::json out = {{"subject", subject}, {"version", ASTERISM_VERSION}, {"answers", nlohmann::json::array()}};
  for (const auto& answer : answers) {
    nlohmann::json one = {{"question", answer.question}, {"sentence", answer.sentence},       {"train", answer.train},
                          {"test", answer.test},         {"scores", nlohmann::json::array()}, {"notes", answer.notes}};
    for (const auto& score : answer.scores)
      one["scores"].push_back({{"subject", score.subject},
                               {"method", score.method},
                               {"measure", score.measure},
                               {"value", score.interval.value},
                               {"low", score.interval.low},
                               {"high", score.interval.high},
                               {"baseline", score.baseline},
                               {"lower_is_better", score.lower_is_better}});
    for (const auto& ranks : answer.ranks)
      one["ranks"].push_back({{"subject", ranks.subject},
                              {"method", ranks.method},
                              {"baseline", ranks.baseline},
                              {"among", ranks.among},
                              {"rank", ranks.rank}});
    out["answers"].push_back(std::move(one));
  }
  for (const auto& [name, value] : request) out["request"][name] = value;
  return io::dump_json(out);
}

void add_answers(report::Page& page, const std::vector<Answer>& answers, AnswerLevel level, const std::string& side) {
  const auto judged = side == "all" ? std::string("objects of all sides") : "objects of the " + side + " side";
  for (const auto& answer : answers) {
    if (level == AnswerLevel::kSection)
      page.section(answer.sentence);
    else
      page.heading(answer.sentence);
    if (answer.test > 0)
      page.paragraph(fmt::format("{} {}{}. Brackets are 95% bootstrap intervals over objects.", answer.test, judged,
                                 answer.train > 0 ? fmt::format(", {} to learn from", answer.train) : ""));
    if (!answer.scores.empty()) {
      report::Table table;
      table.columns = {{"of", ""}, {"method", ""}, {"measure", ""}, {"score", ""}};
      for (const auto& score : answer.scores) {
        if (!score.baseline) table.emphasised.push_back(int(table.rows.size()));
        table.rows.push_back(row_of(score, score.subject));
      }
      table.caption = "Bold: the model. The rest are baselines.";
      page.table(table);
    }
    if (!answer.plots.empty()) page.figures(answer.plots);
    for (const auto& gallery : answer.galleries) page.gallery(gallery);
    for (const auto& note : answer.notes) page.note(note);
  }
}

// What was asked, for the page and the file: what has its default value too, where it decides who is judged.
RequestWords words_of(const EvaluateRequest& request, nn::Precision precision) {
  std::string datasets = request.mock.objects > 0 ? fmt::format("mock sky {}", request.mock.sky) : "";
  for (const auto& dataset : request.datasets) datasets += (datasets.empty() ? "" : ", ") + dataset.string();
  std::string learned = "side " + request.collect.train;
  for (size_t i = 0; i < request.learn_from.size(); ++i)
    learned = (i > 0 ? learned + ", " : "") + request.learn_from[i].string();
  std::string given;
  for (const auto& set : request.collect.given)
    given += fmt::format("{}{}", given.empty() ? "" : "; ", fmt::join(set, " "));
  std::string required;
  for (const auto& [name, value] : request.require)
    required += fmt::format("{}{} = {}", required.empty() ? "" : ", ", name, value);
  RequestWords out = {
      {"data", datasets}, {"judged", "side " + request.collect.test}, {"baselines learn from", learned}};
  if (request.collect.limit > 0) out.emplace_back("at most, of all sides", std::to_string(request.collect.limit));
  if (request.collect.test_limit > 0) out.emplace_back("at most judged", std::to_string(request.collect.test_limit));
  if (!required.empty()) out.emplace_back("only objects with", required);
  if (!given.empty()) out.emplace_back("inputs given, besides all", given);
  if (const auto& classes = request.collect.classes; !classes.empty())
    out.emplace_back("labels that are classes", fmt::format("{}", fmt::join(classes, " ")));
  if (draws(request)) out.emplace_back("draws of each image and spectrum", std::to_string(request.collect.draws));
  if (precision != nn::Precision::fp32) out.emplace_back("computed in", nn::name(precision));
  return out;
}

// What the run of a model wrote down, of a run's folder as of the model's in it; empty where there is none.
nlohmann::json record_of_run(const fs::path& given) {
  const auto folder = fs::weakly_canonical(given);
  auto record = folder / "run.json";
  if (!fs::exists(record) && folder.filename() == "model") record = folder.parent_path() / "run.json";
  auto run = fs::exists(record) ? io::read_json(record) : nlohmann::json::object();
  return run.is_object() ? run : nlohmann::json::object();
}

// The data that are judged, by name or content, among those that a run learned from; empty where there are none.
std::string learned_data(const nlohmann::json& run, const std::vector<fs::path>& judged) {
  const auto data = run.value("data", nlohmann::json::object());
  for (const auto& dataset : judged) {
    const auto content = fs::is_directory(dataset) ? train::dataset_fingerprint(dataset) : "";
    for (const auto& [name, hash] : data.items())
      if (hash == content || fs::weakly_canonical(name) == fs::weakly_canonical(dataset)) return dataset.string();
  }
  return "";
}

// A run may have learned from more than the training side: of the data that are judged it may not; of others, repeats
// of the same objects are for the user to know.
void check_learned(const EvaluateRequest& request, const nlohmann::json& run, const data::Split& test) {
  const auto side = run.value("split", std::string("train"));
  const data::Split learned(data::of_fold(side, test.fold()));
  bool meet = false;
  for (int number = 0; number < 100; ++number) meet = meet || (test.contains(number) && learned.contains(number));
  if (!meet || test.learns()) return;  // who judges the training side is told so at the end
  const auto dataset = learned_data(run, request.datasets);
  if (!dataset.empty())
    base::user_error(
        "{} learned from the objects of '{}' in {} too (data.split = \"{}\"): judge it on another dataset, or train it "
        "with data.split = \"train\"",
        request.model.string(), request.collect.test, dataset, side);
  base::log_warning(
      "{} learned from all of its data (data.split = \"{}\"): objects that are judged and were among them make it look "
      "better than it is",
      request.model.string(), side);
}

// Nobody may be judged by what learned from him: one fold for all, and the run's own.
void check_folds(const EvaluateRequest& request) {
  const data::Split test(request.collect.test), train(request.collect.train);
  if (test.all()) return;
  if (request.learn_from.empty() && !train.all() && test.fold() != train.fold())
    base::user_error("'{}' is judged and '{}' learned from, sides of two folds: name the same fold in both",
                     request.collect.test, request.collect.train);
  const auto run = record_of_run(request.model);
  if (run.empty()) return;
  const auto fold = run.value("fold", int64_t{0});
  if (fold != test.fold())
    base::user_error("{} was trained for fold {}: judge it on '{}', and let baselines learn from '{}'",
                     request.model.string(), fold, data::of_fold("test", fold),
                     data::of_fold("train+validation", fold));
  check_learned(request, run, test);
}

std::vector<Answer> evaluate(const EvaluateRequest& request) {
  if (request.datasets.empty() == (request.mock.objects == 0))
    base::user_error("what is to be judged on? Give datasets, or objects of the mock sky; not {}",
                     request.datasets.empty() ? "neither" : "both");
  base::resource("plotly.min.js");  // the report needs it: missing, that is to be known before the work
  check_questions(request.questions);
  check_told(request);
  check_folds(request);
  const auto folder = models::model_folder(request.model);
  base::check_apart(folder, request.out);
  if (request.replace) base::check_replaces(request.out, "answers.json");
  base::AtomicFolder out(request.out, request.replace ? base::Replace::yes : base::Replace::no);
  if (!fs::exists(folder / "config.json"))
    base::user_error("{}: neither a model's folder (no config.json) nor a run's (no model/config.json)",
                     request.model.string());
  auto precision = nn::Precision::fp32;
  const auto collected = collect_folder(folder, request, precision);
  auto answers = ask_all(collected, request.ask, request.questions);
  warn_of_unused(request, collected);
  if (data::Split(request.collect.test).learns())
    base::log_warning(
        "what is judged holds objects of the training side: a model that learned from them looks better than it is");
  const auto words = words_of(request, precision);
  base::write_text(out.path() / "answers.json", answers_json(answers, collected.subject.name, words));
  report::Page page(fmt::format("Evaluation of {}", collected.subject.name), request.model.string());
  std::vector<std::pair<std::string, std::string>> facts = {{"model", folder.string()},
                                                            {"SHA-256 of the model", base::sha256_folder(folder)}};
  facts.insert(facts.end(), words.begin(), words.end());
  facts.insert(facts.end(), {{"objects", std::to_string(collected.subject.objects.size())},
                             {"version", ASTERISM_VERSION},
                             {"made", base::utc_now_iso()}});
  page.facts(facts);
  add_answers(page, answers, AnswerLevel::kSection, request.collect.test);
  page.write(out.path() / "report.html");
  out.commit();
  return answers;
}

}  // namespace asterism::eval
