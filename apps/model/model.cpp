#include "models/model.h"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <cmath>

#include "apps/commands.h"
#include "apps/model/features.h"
#include "apps/model/matches.h"
#include "apps/model/picture.h"
#include "apps/options.h"
#include "base/error.h"
#include "base/json_line.h"
#include "data/value_ranges.h"
#include "infer/rewrite.h"
#include "infer/verify/all.h"
#include "io/json.h"
#include "io/safetensors.h"
#include "models/aion_config.h"
#include "models/all.h"
#include "models/codec_vectors.h"
#include "models/predictor.h"
#include "models/published_weights.h"
#include "nn/parameters.h"
#include "tokenizers/all.h"
#include "train/checkpoint.h"

namespace asterism::apps {
namespace {

// Does config.json of the folder speak of weights beside it?
bool is_weights_folder(const std::filesystem::path& folder) {
  if (!std::filesystem::exists(folder / "config.json")) return false;
  const auto config = io::read_json(folder / "config.json");
  return config.is_object() &&
         (config.contains("kind") || models::is_aion_config(config) || models::is_published_config(config));
}

// Everything that stands in a model folder: the model itself, which must not be missing, and its codecs.
std::vector<std::filesystem::path> weight_files(const std::filesystem::path& folder) {
  if (!std::filesystem::is_directory(folder)) base::user_error("there is no model folder '{}'.", folder.string());
  std::vector<std::filesystem::path> out;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder))
    if (entry.path().extension() == ".safetensors") out.push_back(entry.path());
  const auto own = models::model_folder(folder) / "model.safetensors";
  const auto lies_there = [&](const auto& path) { return path.parent_path() == own.parent_path(); };
  if (is_weights_folder(own.parent_path()) && std::none_of(out.begin(), out.end(), lies_there))
    base::data_error("{} is missing: config.json beside it says what its weights are.", own.string());
  std::sort(out.begin(), out.end());
  if (out.empty()) base::data_error("{}: no model.safetensors in it or below it.", folder.string());
  return out;
}

// What the weights in a folder are, as its config.json says or, where that is a published one, shows.
std::string told_kind(const std::filesystem::path& folder) {
  const auto file = folder / "config.json";
  if (!std::filesystem::exists(file)) return "weights alone";
  const auto config = io::read_json(file);
  if (models::is_aion_config(config)) return "aion";
  if (models::is_published_config(config)) return "astroclip";
  return io::text_or(config, "kind", "published codec", file.string());
}

// What the objects were like that the model learned from, of each modality and trait 99% of them.
void print_ranges(const data::ValueRanges& ranges, bool json) {
  if (!json && !ranges.empty())
    fmt::print("\n{:<22} {:<24} {:>8} {:>11} {:>11} {:>11}  {}\n", "learned from", "", "objects", "0.5%", "median",
               "99.5%", "unit");
  for (const auto& [modality, traits] : ranges) {
    for (const auto& [what, range] : traits) {
      if (json)
        fmt::print("{}\n", base::JsonLine()
                               .add("modality", modality)
                               .add("trait", what)
                               .add("unit", range.unit)
                               .add("objects", range.objects)
                               .add("low", range.low)
                               .add("median", range.median)
                               .add("high", range.high)
                               .str());
      else
        fmt::print("{:<22} {:<24} {:>8} {:>11.5g} {:>11.5g} {:>11.5g}  {}\n", modality, what, range.objects, range.low,
                   range.median, range.high, range.unit);
    }
  }
}

int inspect(const std::filesystem::path& folder, bool tensors, bool json) {
  for (const auto& path : weight_files(folder)) {
    const auto file = io::SafetensorsFile::open(path);
    int64_t numbers = 0, bytes = 0;
    for (const auto& view : file.tensors()) {
      int64_t count = 1;
      for (const int64_t size : view.shape) count *= size;
      numbers += count;
      bytes += int64_t(view.bytes.size());
      if (tensors && json)
        fmt::print("{}\n", base::JsonLine()
                               .add("file", path.string())
                               .add("tensor", view.name)
                               .add_raw("shape", fmt::format("[{}]", fmt::join(view.shape, ",")))
                               .str());
      if (tensors && !json) fmt::print("  {:<64} {}\n", view.name, fmt::join(view.shape, " x "));
    }
    const auto kind = told_kind(path.parent_path());
    if (json)
      fmt::print("{}\n", base::JsonLine()
                             .add("file", path.string())
                             .add("kind", kind)
                             .add("tensors", int64_t(file.tensors().size()))
                             .add("numbers", numbers)
                             .add("bytes", bytes)
                             .str());
    else
      fmt::print("{}: {}, {} tensors, {} numbers, {:.1f} MB\n", path.string(), kind, file.tensors().size(), numbers,
                 double(bytes) / 1e6);
  }
  print_ranges(data::read_ranges(models::model_folder(folder)), json);
  return 0;
}

// Throws DataError at the first weight that is not finite.
void check_finite(const nn::Parameters& parameters, const std::string& where) {
  for (const auto& [name, tensor] : parameters.all())
    if (tensor.is_floating_point() && !tensor.isfinite().all().item<bool>())
      base::data_error("{}: tensor '{}' holds values that are not finite.", where, name);
}

struct Verified {
  std::string kind;
  int64_t parameters = 0;
  std::vector<std::string> reads, predicts;  // of a model
};

void report_verified(const std::filesystem::path& part, const Verified& found, bool json) {
  if (json) {
    base::JsonLine line;
    line.add("model", part.string()).add("kind", found.kind).add("parameters", found.parameters);
    if (!found.reads.empty()) line.add_raw("reads", nlohmann::json(found.reads).dump());
    if (!found.predicts.empty()) line.add_raw("predicts", nlohmann::json(found.predicts).dump());
    fmt::print("{}\n", line.str());
    return;
  }
  fmt::print("{}: {}, {} parameters, all finite\n", part.string(), found.kind, found.parameters);
  if (!found.reads.empty()) fmt::print("  reads {}\n", fmt::join(found.reads, ", "));
  if (!found.predicts.empty()) fmt::print("  predicts {}\n", fmt::join(found.predicts, ", "));
}

// Loads model and codecs as any command would, every key checked, and looks at every weight.
void verify_model(const std::filesystem::path& folder, bool json) {
  for (const auto& path : weight_files(folder)) {
    const auto part = path.parent_path();
    Verified found;
    if (models::holds_tokenizer(part)) {
      const auto tokenizer = tokenizers::load_tokenizer(part);
      check_finite(tokenizer->parameters(), path.string());
      found.kind = tokenizer->kind();  // published folders do not name it
      found.parameters = tokenizer->parameters().count();
    } else {
      const auto model = models::load_model(part);
      check_finite(model->parameters(), path.string());
      found.kind = model->kind();
      found.parameters = model->parameters().count();
      found.reads = model->modalities();
      if (const auto* predictor = dynamic_cast<const models::Predictor*>(model.get()))
        found.predicts = predictor->targets();
    }
    report_verified(part, found, json);
  }
}

// Every file of a checkpoint against the length and SHA-256 that were written down with it.
void verify_checkpoint(const std::filesystem::path& folder, bool json) {
  const auto state = train::Checkpoints::verify(folder);
  if (json)
    fmt::print("{}\n", base::JsonLine().add("checkpoint", folder.string()).add("step", state.step).str());
  else
    fmt::print("{}: step {}, every file as it was written\n", folder.string(), state.step);
}

void print_case(const infer::CaseReport& one, bool json) {
  if (!json) fmt::print("{}: {} ({}, {:.2f} s)\n", one.name, one.passed ? "passed" : "FAILED", one.kind, one.seconds);
  for (const auto& line : one.lines) {
    if (json) {
      base::JsonLine out;
      out.add("case", one.name).add("output", line.output).add("passed", line.passed);
      if (line.has_error) out.add("largest_error", line.largest_error).add("of_allowed", line.of_allowed);
      if (line.has_share) out.add("equal_share", line.equal_share);
      fmt::print("{}\n", out.add("count", line.count).add("what", line.what).str());
      continue;
    }
    std::string text;
    if (line.has_error) text += fmt::format("largest error {:.3g}", line.largest_error);
    if (line.has_share) text += fmt::format(", {:.6g} % equal", 100 * line.equal_share);
    if (line.has_error && !line.has_share) text += fmt::format(", {:.2g} of what is allowed", line.of_allowed);
    if (!line.what.empty()) text += (text.empty() ? "" : "; ") + line.what;
    fmt::print("  {} {:<28} {}\n", line.passed ? "ok    " : "FAILED", line.output, text);
  }
  for (const auto& note : one.notes)
    if (!json) fmt::print("  note   {}\n", note);
  if (!json && !one.error.empty()) fmt::print("  FAILED {}\n", one.error);
  if (json)
    fmt::print("{}\n", base::JsonLine()
                           .add("case", one.name)
                           .add("kind", one.kind)
                           .add("passed", one.passed)
                           .add("error", one.error)
                           .add("seconds", one.seconds)
                           .str());
}

// Every case of a folder of fixtures, or those named; 1 where any failed.
int verify_fixture_folder(const std::filesystem::path& folder, const std::vector<std::string>& cases, bool json) {
  const auto summary = infer::verify_fixtures(folder, cases, [&](const auto& one) { print_case(one, json); });
  if (json)
    fmt::print("{}\n", base::JsonLine().add("cases", summary.cases).add("failed", summary.failed).str());
  else
    fmt::print("{} cases, {} failed\n", summary.cases, summary.failed);
  return summary.failed > 0 ? 1 : 0;
}

// A model, a tokenizer, a checkpoint, a run with its model and all its checkpoints, or a folder of fixtures.
int verify(const std::filesystem::path& folder, const std::vector<std::string>& cases, bool json) {
  if (infer::is_fixture_folder(folder)) return verify_fixture_folder(folder, cases, json);
  if (!cases.empty()) base::user_error("--case is for a folder of fixtures; '{}' holds no folder io.", folder.string());
  const auto checkpoints = folder / "checkpoints";
  if (std::filesystem::exists(folder / "state.json")) {
    verify_checkpoint(folder, json);
  } else if (std::filesystem::is_directory(checkpoints)) {
    for (const auto& one : train::Checkpoints(checkpoints, 1).list()) verify_checkpoint(one, json);
    if (std::filesystem::is_directory(folder / "model")) verify_model(folder / "model", json);
  } else {
    verify_model(folder, json);
  }
  return 0;
}

}  // namespace

int model_command(const Arguments& arguments) {
  CommandLine line("model", "Looks into a model folder.", "asterism model inspect runs/redshift/model --tensors");
  std::string folder;
  bool tensors = false;
  line.app.fallthrough();  // before the subcommands, which inherit it
  auto* inspecting = line.app.add_subcommand("inspect", "files, kinds, sizes");
  inspecting->add_option("MODEL", folder, "model or tokenizer folder")->required();
  inspecting->add_flag("--tensors", tensors, "every tensor with its shape");
  inspecting->footer("Example:\n  asterism model inspect runs/redshift/model --tensors");
  auto* verifying = line.app.add_subcommand(
      "verify", "load a model and check every key and weight; of checkpoints, the hash of every file");
  verifying->add_option("MODEL", folder, "folder of a model, a tokenizer, a checkpoint, a run or of fixtures")
      ->required();
  std::vector<std::string> cases;
  verifying->add_option("--case", cases, "of a folder of fixtures: only this case; may be repeated");
  verifying->footer(
      "A folder of fixtures holds io/<case>.safetensors (inputs, and outputs of a reference program) beside codecs/ "
      "and\n"
      "model/; each case is replayed, and the command exits with 1 where any is beyond its tolerance.\n"
      "Example:\n  asterism model verify runs/redshift");
  std::string out;
  auto* rewriting = line.app.add_subcommand("rewrite", "load a model or codec, and save it in its layout of today");
  rewriting->add_option("MODEL", folder, "folder of a model, a tokenizer or a published codec")->required();
  rewriting->add_option("OUT", out, "new folder")->required();
  rewriting->footer("Example:\n  asterism model rewrite aion-base/codecs/ra ra-new");
  eval::FeatureMapOptions maps;
  auto* mapping = line.app.add_subcommand(
      "features", "maps of what an image encoder makes of each patch, its attention, and the features themselves");
  add_feature_options(*mapping, maps);
  PictureRequest picture;
  auto* drawing =
      line.app.add_subcommand("picture", "one object: each modality predicted from each other, drawn as SVG");
  add_picture_options(*drawing, picture);
  MatchesRequest matching;
  auto* matches = line.app.add_subcommand("matches", "one object's image with its nearest spectra, drawn as SVG");
  add_matches_options(*matches, matching);
  line.app.require_subcommand(1);
  if (!line.parse(arguments)) return 0;
  if (*mapping) return make_feature_maps(maps, line.json);
  if (*drawing) {
    picture.table.told = told_options(*drawing);
    return make_picture(picture, line.json);
  }
  if (*matches) return draw_matches(matching, line.json);
  if (*rewriting) return infer::rewrite(folder, out), 0;
  return *inspecting ? inspect(folder, tensors, line.json) : verify(folder, cases, line.json);
}

}  // namespace asterism::apps
