// How the time of AION-1's encoder grows, Base shape with random weights unless a benchmark says otherwise: with the
// tokens of an object (tokens/N), with objects of 273 tokens (objects/N), with modalities of 50 tokens, four objects
// (modalities/N), and with the model, one object of 512 tokens: width at 12 blocks (width/N), blocks at width 768
// (depth/N). Counter: parameters of the encoder's blocks. bench/scaling.py fits slopes and draws them.
//
//   OMP_NUM_THREADS=2 build/bin/bench_aion_scaling_bench --benchmark_filter=tokens
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdlib>
#include <memory>

#include "base/keep_memory.h"
#include "models/aion.h"
#include "on_device.h"

namespace {

using namespace asterism;

constexpr int64_t kWidth = 768, kDepth = 12, kHead = 64;

bench::Where where;

// Grids and the catalogue, longest first: 2,034 tokens in all.
std::vector<models::AionModality> longest_first() {
  auto out = models::aion_modalities();
  std::stable_sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.tokens() > b.tokens(); });
  return out;
}

// One model is held: the last that was asked for. Its decoder has one block, and is not used.
const models::Aion& model_of(int64_t width, int64_t depth) {
  static std::unique_ptr<models::Aion> held;
  if (held && held->config().dim == width && held->config().encoder_depth == depth) return *held;
  held.reset();
  auto config = models::published_aion_config("base");
  config.dim = width;
  config.num_heads = width / kHead;
  config.encoder_depth = depth;
  config.decoder_depth = 1;
  config.domains_out = {"tok_z"};
  held = std::make_unique<models::Aion>(config, 1);
  held->to(where.device);
  return *held;
}

models::AionTokens tokens(const models::AionModality& facts, int64_t objects) {
  const auto generator = at::detail::createCPUGenerator(1);
  return {facts.key, at::randint(4, facts.vocabulary, {objects, facts.tokens()}, generator, at::kLong)};
}

// Whole modalities, longest first, until they have so many tokens; the budget cuts the last.
std::vector<models::AionTokens> with_tokens(int64_t count, int64_t objects) {
  std::vector<models::AionTokens> out;
  for (const auto& facts : longest_first()) {
    if (count <= 0) break;
    out.push_back(tokens(facts, objects));
    count -= facts.tokens();
  }
  return out;
}

// The first `each` tokens of the longest modalities.
std::vector<models::AionTokens> with_modalities(int64_t count, int64_t each, int64_t objects) {
  std::vector<models::AionTokens> out;
  for (const auto& facts : longest_first()) {
    if (int64_t(out.size()) == count) break;
    out.push_back(tokens(facts, objects));
    auto hidden = at::ones({objects, facts.tokens()}, at::kBool);
    hidden.narrow(1, 0, each).fill_(false);
    out.back().hidden_NL = hidden;
  }
  return out;
}

void encode(benchmark::State& state, const models::Aion& model, const std::vector<models::AionTokens>& inputs,
            int64_t budget, int64_t rows) {
  at::NoGradGuard no_grad;
  models::AionEncodeOptions options;
  options.budget = budget;
  const auto once = [&] {
    const auto encoded = model.encode(inputs, options);
    nn::synchronise(where.device);
    return encoded.objects.rows();
  };
  if (once() != rows) std::abort();
  for (auto _ : state) benchmark::DoNotOptimize(once());
  const auto& c = model.config();
  const double D = double(c.dim), H = double(c.transformer(1).hidden_width());
  state.counters["parameters"] = double(c.encoder_depth) * (4 * D * D + 3 * D * H);
  state.counters["tokens"] = double(rows);
}

void by_tokens(benchmark::State& state) {
  const int64_t n = state.range(0);
  encode(state, model_of(kWidth, kDepth), with_tokens(n, 1), n, n);
}

void by_objects(benchmark::State& state) {
  const auto inputs = std::vector{tokens(*models::find_aion_modality("tok_spectrum_desi"), state.range(0))};
  encode(state, model_of(kWidth, kDepth), inputs, 0, 273 * state.range(0));
}

void by_modalities(benchmark::State& state) {
  constexpr int64_t each = 50, objects = 4;
  const auto inputs = with_modalities(state.range(0), each, objects);
  encode(state, model_of(kWidth, kDepth), inputs, 0, each * objects * state.range(0));
}

void by_width(benchmark::State& state) {
  encode(state, model_of(state.range(0), kDepth), with_tokens(512, 1), 512, 512);
}

void by_depth(benchmark::State& state) {
  encode(state, model_of(kWidth, state.range(0)), with_tokens(512, 1), 512, 512);
}

void add(const std::string& name, void (*work)(benchmark::State&), const std::vector<int64_t>& points) {
  auto* b = benchmark::RegisterBenchmark(name.c_str(), work)->Unit(benchmark::kMillisecond)->UseRealTime();
  for (const auto point : points) b->Arg(point);
}

}  // namespace

int main(int argc, char** argv) {
  base::keep_freed_memory();
  where = bench::where_of(argc, argv, nn::Work::inference);
  const nn::Autocast autocast(where.precision, where.device.type());
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  add("tokens", by_tokens, {64, 128, 256, 512, 1024, 1696});
  add("objects", by_objects, {1, 2, 4, 8, 16, 32});
  add("modalities", by_modalities, {1, 2, 3, 4, 6, 8});
  add("width", by_width, {192, 384, 768, 1024});
  add("depth", by_depth, {4, 8, 12, 24});
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
