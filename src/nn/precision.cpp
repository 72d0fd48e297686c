#include "nn/precision.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/version.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <mutex>
#include <sstream>
#include <utility>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/log.h"
#include "nn/autocast.h"
#include "nn/int8_conv.h"
#include "nn/int8_weight.h"
#include "nn/packed_weight.h"
#include "nn/tile_linear.h"
#include "nn/tile_matrix.h"

namespace asterism::nn {

std::string name(Precision precision) {
  if (precision == Precision::int8) return "int8";
  return precision == Precision::bf16 ? "bf16" : "fp32";
}

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

double seconds(const std::function<void()>& layer) {
  double best = 1e9;
  for (int i = 0; i < 4; ++i) {
    const auto start = std::chrono::steady_clock::now();
    layer();
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
         " | torch " + TORCH_VERSION + " | bytes by " + int8_kernel();
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

// The fastest; what has fewer digits must be a fifth faster than what has more.
Precision fastest(const PrecisionTiming& timing, Work work) {
  constexpr double kWorthIt = 1.2;
  auto best = Precision::fp32;
  double time = timing.fp32_seconds;
  const auto try_one = [&](Precision precision, double its_time) {
    if (its_time * kWorthIt > time) return;
    best = precision;
    time = its_time;
  };
  try_one(Precision::bf16, timing.bf16_seconds);
  if (work != Work::training) try_one(Precision::int8, timing.int8_seconds);
  return best;
}

Precision measured(Work work) {
  constexpr const char* kWork[] = {"", " | inference", " | convolutions"};
  const std::string key = machine() + kWork[size_t(work)], folder = cache_folder();
  const auto file = std::filesystem::path(folder) / "precision.tsv";
  if (!folder.empty()) {
    const auto known = recall(file, key);
    for (const auto one : {Precision::fp32, Precision::bf16, Precision::int8})
      if (known == name(one)) return one;
  }
  const auto best = fastest(time_precisions(work), work);
  if (!folder.empty()) keep(file, key, name(best));
  return best;
}

// Two layers of a transformer.
PrecisionTiming time_products(Work work) {
  const auto x = at::ones({512, 512}), up = at::ones({2048, 512}), down = at::ones({512, 2048});
  PrecisionTiming timing;
  const auto in_floats = [](const at::Tensor& x, const at::Tensor& up, const at::Tensor& down) {
    return seconds([=] { linear_product(at::gelu(linear_product(x, up, {})), down, {}); });
  };
  timing.fp32_seconds = in_floats(x, up, down);
  if (TileMatrix::available() && work == Work::inference) {
    const auto up16 = PackedWeight::of_type(at::kBFloat16, up, {}),
               down16 = PackedWeight::of_type(at::kBFloat16, down, {});
    timing.bf16_seconds = seconds([&] { down16(up16(x, true)); });
  } else if (TileMatrix::available()) {
    const Autocast half(Precision::bf16);
    timing.bf16_seconds = in_floats(x, up, down);
  } else {
    timing.bf16_seconds = in_floats(x.to(at::kBFloat16), up.to(at::kBFloat16), down.to(at::kBFloat16));
  }
  const Int8Weight up8(up, {}), down8(down, {});
  timing.int8_seconds = seconds([&] { down8(up8(x, true)); });
  return timing;
}

// A layer of an image codec.
PrecisionTiming time_convolutions() {
  Conv2d layer;
  layer.weight = at::ones({128, 128, 3, 3});
  layer.bias = at::zeros({128});
  layer.settings = ConvSettings::same(3);
  const auto x = at::ones({4, 128, 24, 24}).contiguous(at::MemoryFormat::ChannelsLast);
  const auto in_floats = [&](at::ScalarType type) {
    const auto x_here = x.to(type), weight = layer.weight.to(type).contiguous(at::MemoryFormat::ChannelsLast),
               bias = layer.bias.to(type);
    return seconds([=] { at::conv2d(x_here, weight, bias, 1, 1); });
  };
  PrecisionTiming timing;
  timing.fp32_seconds = in_floats(at::kFloat);
  timing.bf16_seconds = in_floats(at::kBFloat16);
  const Int8Conv bytes(layer);
  timing.int8_seconds = seconds([&] { bytes(x); });
  return timing;
}

}  // namespace

PrecisionTiming time_precisions(Work work) {
  at::NoGradGuard no_grad;
  return work == Work::inference_by_convolutions ? time_convolutions() : time_products(work);
}

Precision choose_precision(const std::string& setting, const c10::Device& device, Work work) {
  if (setting == "fp32") return Precision::fp32;
  if (setting == "bf16") return Precision::bf16;
  if (setting == "int8") {
    if (work == Work::training) base::user_error("int8 has no gradients: train in fp32, bf16 or auto.");
    if (!device.is_cpu()) base::user_error("int8 is for CPUs: on a GPU choose fp32, bf16 or auto.");
    return Precision::int8;
  }
  if (setting != "auto")
    base::user_error("no precision '{}'; the nearest is '{}' of fp32, bf16, int8 and auto.", setting,
                     base::nearest(setting, {"fp32", "bf16", "int8", "auto"}));
  if (!device.is_cpu()) return Precision::bf16;
  static std::mutex lock;
  const std::lock_guard guard(lock);
  static std::map<std::pair<int, Work>, Precision> known;  // by thread count, which a process may change
  const std::pair<int, Work> key(at::get_num_threads(), work);
  const auto found = known.find(key);
  if (found != known.end()) return found->second;
  const auto chosen = measured(work);
  base::log_info("precision auto: this processor is fastest in {}", name(chosen));
  return known[key] = chosen;
}

}  // namespace asterism::nn
