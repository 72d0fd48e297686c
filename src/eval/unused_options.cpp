#include "eval/unused_options.h"

#include <fmt/ranges.h>

#include <algorithm>

#include "base/error.h"
#include "base/log.h"
#include "eval/gap_filler.h"
#include "models/any_to_any.h"

namespace asterism::eval {
namespace {

using Names = std::vector<std::string>;

bool has(const Names& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// An option, and the questions that it has a part in.
struct Part {
  const char* option;
  Names questions;
};

const std::vector<Part>& parts() {
  static const Names rebuild = {"spectrum_reconstruction", "image_reconstruction", "light_curve_reconstruction",
                                "cube_reconstruction", "number_reconstruction"};
  static const auto with = [](Names names, std::initializer_list<const char*> more) {
    names.insert(names.end(), more.begin(), more.end());
    return names;
  };
  static const std::vector<Part> out = {
      {"--given",
       {"photo_z", "calibration", "class_posteriors", "signal_to_noise", "gain", "joint_calibration", "drawn"}},
      {"--pair", {"joint"}},
      {"--joint", {"joint_calibration"}},
      {"--draws", {"drawn"}},
      {"--pairs", {"retrieval", "information"}},
      {"--neighbours", {"photo_z", "signal_to_noise", "knn", "cross_modal"}},
      {"--rebuild-limit", with(rebuild, {"hidden_stretches", "drawn"})},
      {"--read-as", rebuild},
      {"--bin", rebuild},
      {"--zero-point", with(rebuild, {"hidden_stretches"})},
      {"--psf", with(rebuild, {"hidden_stretches"})},
      {"--counts-as", with(rebuild, {"hidden_stretches"})}};
  return out;
}

Names told_among(const EvaluateRequest& request, const Names& options) {
  Names out;
  for (const auto& option : options)
    if (has(request.told, option)) out.push_back(option);
  return out;
}

void refuse(const Names& options, const std::string& why) {
  if (!options.empty())
    base::user_error("{}, and {} would change nothing: leave {} out", why, fmt::join(options, " and "),
                     options.size() > 1 ? "them" : "it");
}

}  // namespace

bool asks(const EvaluateRequest& request, const std::string& question) {
  if (!request.questions.empty()) return has(request.questions, question);
  const auto all = all_questions();
  const auto found = std::find_if(all.begin(), all.end(), [&](const auto& entry) { return question == entry.name; });
  return found != all.end() && !found->by_name;
}

void check_told(const EvaluateRequest& request) {
  for (const auto& [option, questions] : parts())
    if (has(request.told, option) &&
        std::none_of(questions.begin(), questions.end(), [&](const auto& name) { return asks(request, name); }))
      base::user_error("{} has a part in {} {}, and {} asked: leave it out, or name {} with --question", option,
                       questions.size() > 1 ? "the questions" : "the question", base::quoted_list(questions),
                       questions.size() > 1 ? "none of them is" : "that is not",
                       questions.size() > 1 ? "one of them" : "it");
  if (!request.learn_from.empty()) refuse(told_among(request, {"--train"}), "--learn-from says what is learned from");
}

void check_told_of_tokenizer(const EvaluateRequest& request) {
  refuse(told_among(request, {"--pair", "--joint", "--pairs"}),
         request.model.string() + " is a tokenizer, which has vectors of one modality and no posteriors");
}

void check_told_of_model(const EvaluateRequest& request, const models::Model& model) {
  const auto& how = request.collect.rebuild_as;
  Names of_tokenizers;
  const auto add = [&](const char* option, bool set) {
    if (set || has(request.told, option)) of_tokenizers.emplace_back(option);
  };
  add("--modality", !request.modality.empty());
  add("--read-as", !how.read_as.empty());
  add("--bin", how.bin != 1);
  add("--zero-point", !how.calibration.zero_point.empty());
  add("--psf", !how.calibration.psf_arcsec.empty());
  add("--counts-as", !how.calibration.counts_as.empty());
  refuse(of_tokenizers, request.model.string() + " is no tokenizer");
  if (dynamic_cast<const models::AnyToAny*>(&model) == nullptr && gap_filler(model) == nullptr)
    refuse(told_among(request, {"--rebuild-limit"}),
           fmt::format("{}: a model of kind '{}' rebuilds nothing", request.model.string(), model.kind()));
}

void warn_of_unused(const EvaluateRequest& request, const Collected& collected) {
  Names applied;
  for (const auto& entry : all_questions())
    if (asks(request, entry.name) && entry.make(request.ask)->applies(collected.subject, collected.labels))
      applied.emplace_back(entry.name);
  for (const auto& [option, questions] : parts())
    if (has(request.told, option) &&
        std::none_of(questions.begin(), questions.end(), [&](const auto& name) { return has(applied, name); }))
      base::log_warning("{} changed nothing: of its questions ({}) none applies to this model and these data", option,
                        fmt::join(questions, ", "));
}

}  // namespace asterism::eval
