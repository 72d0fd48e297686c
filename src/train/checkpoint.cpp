#include "train/checkpoint.h"

#include <charconv>
#include <optional>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/log.h"
#include "base/sha256.h"
#include "io/json.h"
#include "tokenizers/weights_file.h"

namespace asterism::train {
namespace {

namespace fs = std::filesystem;

constexpr const char* kPrefix = "step-";
constexpr const char* kRemoved = ".removed-";
constexpr int kFormat = 1;

std::string folder_name(int64_t step) { return fmt::format("{}{:09}", kPrefix, step); }

// The step of a folder name; nullopt for anything that is not a complete checkpoint's name.
std::optional<int64_t> step_of(const fs::path& folder) {
  const std::string name = folder.filename().string();
  const size_t start = std::string_view(kPrefix).size();
  if (name.rfind(kPrefix, 0) != 0 || name.size() < start + 9) return std::nullopt;
  int64_t step = 0;
  const auto [end, error] = std::from_chars(name.data() + start, name.data() + name.size(), step);
  if (error != std::errc() || end != name.data() + name.size() || step < 0) return std::nullopt;
  return step;
}

nlohmann::json to_json(const CheckpointState& state) {
  nlohmann::json out = {{"format", kFormat},
                        {"step", state.step},
                        {"epoch", state.position.epoch},
                        {"batch", state.position.batch},
                        {"seed", state.seed},
                        {"precision", state.precision},
                        {"threads", state.threads},
                        {"identity", state.identity},
                        {"version", state.version}};
  if (state.has_best) {
    out["best_validation"] = state.best_validation;
    out["best_step"] = state.best_step;
    out["judged_by"] = state.judged_by;
  }
  return out;
}

template <class T>
T need(const nlohmann::json& json, const char* key, const fs::path& file) {
  try {
    return json.at(key).get<T>();
  } catch (const nlohmann::json::exception&) {
    base::data_error("{}: '{}' is missing or of the wrong type; this checkpoint cannot be used.", file.string(), key);
  }
}

CheckpointState from_json(const nlohmann::json& json, const fs::path& file) {
  const auto format = need<int64_t>(json, "format", file);
  if (format != kFormat)
    base::data_error("{}: format {}; this version reads format {}.", file.string(), format, kFormat);
  CheckpointState state;
  state.step = need<int64_t>(json, "step", file);
  state.position = {need<int64_t>(json, "epoch", file), need<int64_t>(json, "batch", file)};
  state.seed = need<uint64_t>(json, "seed", file);
  state.precision = need<std::string>(json, "precision", file);
  if (json.contains("threads")) state.threads = need<int64_t>(json, "threads", file);  // older files have none
  state.identity = need<std::string>(json, "identity", file);
  state.version = need<std::string>(json, "version", file);
  if (json.contains("best_validation")) {
    state.best_validation = need<double>(json, "best_validation", file);
    state.best_step = need<int64_t>(json, "best_step", file);
    if (json.contains("judged_by")) state.judged_by = need<std::string>(json, "judged_by", file);
    state.has_best = true;
  }
  return state;
}

// Checks every file that state.json promises, and returns their names.
std::vector<std::string> verify_files(const nlohmann::json& json, const fs::path& folder) {
  std::vector<std::string> names;
  const auto files = need<nlohmann::json>(json, "files", folder / "state.json");
  if (!files.is_object()) base::data_error("{}: 'files' is no table.", (folder / "state.json").string());
  for (const auto& [name, entry] : files.items()) {
    if (name.empty() || fs::path(name).filename() != name || fs::path(name).extension() != ".safetensors")
      base::data_error("{}: '{}' is no file of a checkpoint.", (folder / "state.json").string(), name);
    const fs::path file = folder / name;
    std::error_code error;
    const auto bytes = fs::file_size(file, error);
    const auto promised = need<uint64_t>(entry, "bytes", folder / "state.json");
    if (error || bytes != promised)
      base::data_error("{}: {} bytes, its state.json promises {}.", file.string(), error ? 0 : bytes, promised);
    const auto hash = base::sha256_file(file),
               promised_hash = need<std::string>(entry, "sha256", folder / "state.json");
    if (hash != promised_hash)
      base::data_error("{}: SHA-256 {}, its state.json promises {}.", file.string(), hash, promised_hash);
    names.push_back(name);
  }
  return names;
}

// Removes what killed processes left half-written or half-removed.
void sweep(const fs::path& folder) {
  std::vector<fs::path> names;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error))
    names.push_back(it->path().filename());
  for (const auto& path : names) {
    const std::string name = path.string();
    const size_t tail = name.find(".tmp-");
    if (name.rfind(kRemoved, 0) == 0) fs::remove_all(folder / path, error);
    if (name.front() == '.' && tail != std::string::npos) base::remove_leftovers(folder / name.substr(1, tail - 1));
  }
}

// Renamed first, so that a half-removed folder never looks complete.
void discard(const fs::path& checkpoint) {
  std::error_code ignored;
  const fs::path doomed = checkpoint.parent_path() / (kRemoved + checkpoint.filename().string());
  fs::rename(checkpoint, doomed, ignored);
  fs::remove_all(doomed, ignored);
}

}  // namespace

void Checkpoints::save(const CheckpointState& state, const TensorGroups& tensors) const {
  std::error_code ignored;
  fs::create_directories(folder_, ignored);  // a failure shows below, with its reason
  sweep(folder_);
  base::AtomicFolder aside(folder_ / folder_name(state.step), base::Replace::yes);
  auto json = to_json(state);
  json["files"] = nlohmann::json::object();
  for (const auto& [group, named] : tensors) {
    const fs::path file = aside.path() / (group + ".safetensors");
    tokenizers::write_weights(file, named);
    json["files"][file.filename().string()] = {{"bytes", fs::file_size(file)}, {"sha256", base::sha256_file(file)}};
  }
  io::write_json(aside.path() / "state.json", json);
  aside.commit();
  auto all = list();
  for (; step_of(all.back()) > state.step; all.pop_back()) discard(all.back());
  for (size_t i = 0; i + size_t(keep_) < all.size(); ++i) discard(all[i]);
}

std::vector<fs::path> Checkpoints::list() const {
  std::vector<std::pair<int64_t, fs::path>> found;
  std::error_code error;
  for (fs::directory_iterator it(folder_, error), end; !error && it != end; it.increment(error)) {
    const auto step = step_of(it->path());
    if (step && it->is_directory() && fs::exists(it->path() / "state.json")) found.emplace_back(*step, it->path());
  }
  std::sort(found.begin(), found.end());
  std::vector<fs::path> out;
  out.reserve(found.size());
  for (auto& entry : found) out.push_back(std::move(entry.second));
  return out;
}

std::optional<fs::path> Checkpoints::latest() const {
  auto all = list();
  const size_t count = all.size();
  for (; !all.empty(); all.pop_back()) {
    try {
      verify(all.back());
      return all.back();
    } catch (const base::DataError& error) {
      base::log_warning("passed over a damaged checkpoint: {}", error.what());
    }
  }
  if (count > 0)
    base::data_error("{}: none of the {} checkpoints verifies; train again into another folder, or restore them.",
                     folder_.string(), count);
  return std::nullopt;
}

CheckpointState Checkpoints::verify(const fs::path& checkpoint) {
  const fs::path file = checkpoint / "state.json";
  const auto json = io::read_json(file);
  verify_files(json, checkpoint);
  return from_json(json, file);
}

Checkpoint Checkpoints::load(const fs::path& checkpoint) {
  const fs::path file = checkpoint / "state.json";
  const auto json = io::read_json(file);
  Checkpoint out;
  out.folder = checkpoint;
  for (const auto& name : verify_files(json, checkpoint))
    out.tensors[fs::path(name).stem().string()] = tokenizers::read_weights(checkpoint / name);
  out.state = from_json(json, file);
  return out;
}

}  // namespace asterism::train
