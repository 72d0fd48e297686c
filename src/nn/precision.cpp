#include "nn/precision.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/version.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <sstream>

#include "base/atomic_file.h"
#include "base/error.h"

namespace asterism::nn {

std::string name(Precision precision) { return precision == Precision::bf16 ? "bf16" : "fp32"; }

std::string cache_folder() {
  const auto get = [](const char* variable) {
    const char* value = std::getenv(variable);
    return std::string(value != nullptr ? value : "");
  };
  if (auto own = get("ASTERISM_CACHE"); !own.empty()) return own;
  if (const auto shared = get("XDG_CACHE_HOME"); !shared.empty()) return shared + "/asterism";
  if (const auto home = get("HOME"); !home.empty()) return home + "/.cache/asterism";
  return "";
}

namespace {

double seconds(const at::Tensor& x, const at::Tensor& up, const at::Tensor& down) {
  double best = 1e9;
  for (int i = 0; i < 4; ++i) {
    const auto start = std::chrono::steady_clock::now();
    at::linear(at::gelu(at::linear(x, up)), down);
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
    if (i > 0) best = std::min(best, taken.count());  // the first one packs weights and wakes threads
  }
  return best;
}

// What the answer depends on, on one line.
std::string machine() {
  std::ifstream file("/proc/cpuinfo");
  std::string line, model = "unknown processor";
  while (std::getline(file, line))
    if (line.starts_with("model name")) {
      model = line.substr(line.find(':') + 1);
      break;
    }
  return model + " | " + at::get_cpu_capability() + " | threads " + std::to_string(at::get_num_threads()) +
         " | torch " + TORCH_VERSION;
}

std::string recall(const std::filesystem::path& file, const std::string& key) {
  std::ifstream in(file);
  std::string line;
  while (std::getline(in, line))
    if (line.starts_with(key + "\t")) return line.substr(key.size() + 1);
  return "";
}

// A cache that cannot be written costs a measurement the next time, nothing else.
void keep(const std::filesystem::path& file, const std::string& key, const std::string& value) {
  try {
    std::filesystem::create_directories(file.parent_path());
    std::stringstream text;
    if (std::ifstream in(file); in) text << in.rdbuf();
    text.clear();  // an empty file leaves the stream failed
    text << key << "\t" << value << "\n";
    base::write_text(file, text.str());
  } catch (const std::exception&) {
  }
}

Precision measured() {
  const std::string key = machine(), folder = cache_folder();
  const auto file = std::filesystem::path(folder) / "precision.tsv";
  if (!folder.empty()) {
    const auto known = recall(file, key);
    if (known == "bf16") return Precision::bf16;
    if (known == "fp32") return Precision::fp32;
  }
  const auto timing = time_precisions();
  const auto best = timing.bf16_seconds * 1.2 <= timing.fp32_seconds ? Precision::bf16 : Precision::fp32;
  if (!folder.empty()) keep(file, key, name(best));
  return best;
}

}  // namespace

PrecisionTiming time_precisions() {
  at::NoGradGuard no_grad;
  const auto x = at::ones({512, 512}), up = at::ones({2048, 512}), down = at::ones({512, 2048});
  PrecisionTiming timing;
  timing.fp32_seconds = seconds(x, up, down);
  timing.bf16_seconds = seconds(x.to(at::kBFloat16), up.to(at::kBFloat16), down.to(at::kBFloat16));
  return timing;
}

Precision choose_precision(const std::string& setting, const c10::Device& device) {
  if (setting == "fp32") return Precision::fp32;
  if (setting == "bf16") return Precision::bf16;
  if (setting != "auto")
    base::user_error("no precision '{}'; the nearest is '{}' of fp32, bf16 and auto.", setting,
                     base::nearest(setting, {"fp32", "bf16", "auto"}));
  if (!device.is_cpu()) return Precision::bf16;
  static std::mutex lock;
  const std::lock_guard guard(lock);
  static std::map<int, Precision> known;  // by thread count, which a process may change
  const auto found = known.find(at::get_num_threads());
  if (found != known.end()) return found->second;
  return known[at::get_num_threads()] = measured();
}

}  // namespace asterism::nn
