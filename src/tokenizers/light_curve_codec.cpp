#include "tokenizers/light_curve_codec.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "nn/fourier.h"
#include "nn/losses.h"
#include "nn/nothing_to_learn.h"
#include "nn/transfer.h"
#include "tokenizers/block_tensors.h"
#include "tokenizers/in_unit.h"
#include "tokenizers/tokenizer_folder.h"

namespace asterism::tokenizers {
namespace {

constexpr int64_t kChunk = 64;                          // objects through the network at a time: bounds memory
constexpr double kLongestDay = 4096, kShortestDay = 1;  // periods of the features of time, two an octave
constexpr int64_t kTimeFrequencies = 25, kColourFrequencies = 6, kPhaseHarmonics = 6;
constexpr int64_t kPlaceFeatures = 2 * kTimeFrequencies + 1 + 2 * kPhaseHarmonics + 2 * kColourFrequencies + 2;
constexpr int64_t kPointFeatures = 5;
constexpr int64_t kBumps = 8, kPairBumps = 6;
constexpr int64_t kDrawChunk = 8, kDrawPoints = 1024;  // objects and points that are drawn at a time
constexpr double kWeightGain = 0.03;  // a thousand inputs that each learn at the common rate move a weight far
constexpr double kMostDrawn = 1e4, kMostValue = 1e30;

nn::TransformerSettings transformer(const LightCurveCodecSettings& s, int64_t depth) {
  nn::TransformerSettings out;
  out.width = s.width;
  out.heads = s.heads;
  out.depth = depth;
  out.mlp_ratio = 3;
  out.gated_mlp = false;
  out.qkv_bias = false;
  return out;
}

void check(const LightCurveCodecSettings& s) {
  s.check("light_curve_points");
  if (s.width % s.heads != 0)
    base::user_error("light_curve_points: width = {} is no multiple of heads = {}; the nearest is {}.", s.width,
                     s.heads, std::max(s.heads, (s.width + s.heads / 2) / s.heads * s.heads));
}

// Smooth bumps along each number, [...] -> [..., count], so that a linear map can follow any function of it. Few and
// wide ones: a head that learns from two thousand stars follows their chance with more.
at::Tensor bumps(const at::Tensor& x, int64_t count) {
  const auto centres = at::linspace(-2.5, 2.5, count, x.options());
  return at::exp(-0.5 * ((x.unsqueeze(-1) - centres) * (double(count) / 5)).square());
}

// Bumps over level and period together, by which kinds of stars differ (and periods mistaken by a day's alias show).
at::Tensor pair_bumps(const at::Tensor& level_M, const at::Tensor& period_M) {
  return (bumps(2 * level_M, kPairBumps).unsqueeze(2) * bumps(1.5 * period_M, kPairBumps).unsqueeze(1)).flatten(1);
}

at::Tensor sum_of(const at::Tensor& values_MP, const at::Tensor& flags_MP) {
  return at::where(flags_MP, values_MP, at::zeros({}, values_MP.options())).sum(1);
}

// -log of the chance that a measurement lies beyond its limit, from which the curve is so many sigmas on the right
// side. Linear beyond `delta` on the wrong one, as the cost of points is; delta <= 0: as it is.
at::Tensor beyond_limit(const at::Tensor& sigmas, double delta) {
  if (delta <= 0) return -at::special_log_ndtr(sigmas);
  return -at::special_log_ndtr(sigmas.clamp_min(-delta)) + delta * (-delta - sigmas).clamp_min(0);
}

}  // namespace

LightCurveCodec::DrawBlock::DrawBlock(const nn::Scope& scope, const LightCurveCodecSettings& s)
    : query_norm(scope / "query_norm", s.width),
      context_norm(scope / "context_norm", s.width),
      mlp_norm(scope / "mlp_norm", s.width),
      attention(scope / "attention", transformer(s, 1).attention()),
      mlp(scope / "mlp", s.width, 3 * s.width, s.width, false, true) {}

LightCurveCodec::LightCurveCodec(LightCurveCodecSettings settings, uint64_t seed) : settings_(std::move(settings)) {
  check(settings_);
  const nn::Scope scope(parameters_, seed);
  const int64_t D = settings_.width, K = settings_.latents, S = settings_.shapes;
  time_frequencies_ =
      scope.constant(nn::geometric_frequencies(1 / kLongestDay, 1 / kShortestDay, kTimeFrequencies, at::kDouble));
  colour_frequencies_ = scope.constant(nn::geometric_frequencies(0.25, 4, kColourFrequencies));
  harmonics_ = scope.constant(at::arange(1, kPhaseHarmonics + 1, at::kDouble));
  quantiser_ = nn::Quantiser(scope / "quantiser", settings_);
  point_ = nn::Mlp(scope / "point", kPointFeatures + kPlaceFeatures + kHeaderFeatures, 2 * D, D, false, true);
  summary_ = nn::Linear(scope / "summary", kHeaderFeatures + 2 * settings_.harmonics, D);
  header_in_ = nn::Linear(scope / "header_in", kHeaderFeatures + 2 * settings_.harmonics, D);
  queries_KD_ = scope.parameter("queries", {K, D}, nn::Init::normal(0.5));
  encoder_ = nn::Decoder(scope / "encoder", transformer(settings_, settings_.encoder_depth));
  encoder_norm_ = nn::LayerNorm(scope / "encoder" / "norm", D);
  to_code_ = nn::Linear(scope / "to_code", D, quantiser_.dimensions(), false);
  code_norm_ = nn::Whitening(scope / "code_norm", quantiser_.dimensions());
  from_code_ = nn::Linear(scope / "from_code", quantiser_.dimensions(), D);
  places_KD_ = scope.parameter("places", {K, D}, nn::Init::normal(0.5));
  header_out_ = nn::Linear(scope / "header_out", kHeaderFeatures, D);
  memory_ = nn::Encoder(scope / "memory", transformer(settings_, 1));
  memory_norm_ = nn::LayerNorm(scope / "memory_norm", D);
  weights_ = nn::Linear(scope / "weights", (K + 1) * D, 1 + S + kPlaceFeatures, true, nn::Init::normal(0.05));
  place_ = nn::Mlp(scope / "place", kPlaceFeatures + kHeaderFeatures, 2 * D, D, false, true);
  for (int64_t i = 0; i < settings_.decoder_depth; ++i) draw_.emplace_back(scope / "draw" / i, settings_);
  output_norm_ = nn::LayerNorm(scope / "output_norm", D);
  shapes_ = nn::Linear(scope / "shapes", D, S);
}

int64_t LightCurveCodec::vocabulary() const { return std::max(code_vocabulary(), settings_.norm_bins); }

at::Tensor LightCurveCodec::place_features(const CurvePlaces& places, const at::Tensor& header_MF) const {
  const auto time = nn::fourier_features(places.time_MP, time_frequencies_).to(at::kFloat);
  const auto late = (at::asinh(places.time_MP / 10) / 4).to(at::kFloat).unsqueeze(2);
  // Sines of a phase that means nothing fade with the share of the variation that they explain.
  const auto periodic = header_MF.narrow(1, kHeaderFeatures - 1, 1).unsqueeze(2);
  const auto phase =
      nn::fourier_features(places.phase_MP - at::floor(places.phase_MP), harmonics_).to(at::kFloat) * periodic;
  const auto colour = places.colour_MP.unsqueeze(2);
  const auto waves = nn::fourier_features(places.colour_MP, colour_frequencies_);
  return at::cat({time, late, phase, waves, colour, colour.square()}, 2);
}

at::Tensor LightCurveCodec::encode_latent(const LightCurveInput& input) const {
  const int64_t M = input.value_MP.size(0), P = input.value_MP.size(1);
  const auto header = input.features_MF.narrow(1, 0, kHeaderFeatures);
  const auto& y = input.value_MP;
  const auto error = input.error_MP.clamp_min(1e-6);
  const auto own = at::stack({at::asinh(y), (at::log(error) / 3).clamp(-3, 3), at::asinh(y / error) / 3,
                              input.known_MP.to(at::kFloat), input.limit_MP.to(at::kFloat)},
                             2);
  const auto points = point_(
      at::cat({own, place_features(input.places, header), header.unsqueeze(1).expand({M, P, kHeaderFeatures})}, 2));
  const auto context = at::cat({points, summary_(input.features_MF).unsqueeze(1)}, 1);
  const auto mask = at::cat({input.seen_MP, at::ones({M, 1}, input.seen_MP.options())}, 1);
  const auto latents = queries_KD_ + header_in_(input.features_MF).unsqueeze(1);
  return code_norm_(to_code_(encoder_norm_(encoder_(latents, context, {}, mask))));
}

LightCurveCodec::Memory LightCurveCodec::remember(const at::Tensor& codes_MKd, const at::Tensor& header_MF) const {
  const auto tokens = at::cat({from_code_(codes_MKd) + places_KD_, header_out_(header_MF).unsqueeze(1)}, 1);
  const auto memory = memory_norm_(memory_(tokens));
  return {memory, weights_(memory.flatten(1)) * kWeightGain, header_MF};
}

at::Tensor LightCurveCodec::draw(const Memory& memory, const CurvePlaces& places) const {
  const int64_t M = places.time_MP.size(0), P = places.time_MP.size(1);
  const auto basis = place_features(places, memory.header_MF);
  auto x = place_(at::cat({basis, memory.header_MF.unsqueeze(1).expand({M, P, kHeaderFeatures})}, 2));
  for (const auto& block : draw_) {
    x = x + block.attention(block.query_norm(x), block.context_norm(memory.tokens_MTD));
    x = x + block.mlp(block.mlp_norm(x));
  }
  const auto curves =
      at::cat({at::ones({M, P, 1}, x.options().requires_grad(false)), shapes_(output_norm_(x)), basis}, 2);
  const auto drawn = at::matmul(curves, memory.weights_MC.unsqueeze(2)).squeeze(2).to(at::kFloat);
  return drawn.clamp(-kMostDrawn, kMostDrawn);
}

Tokens LightCurveCodec::encode(const modalities::Block& block) const {
  at::NoGradGuard no_grad;
  const InUnit given(block, "light_curve", settings_.unit, kind());
  const auto& b = light_curve_of(*given, kind());
  Tokens out{at::zeros({b.n, num_tokens()}, at::kLong), at::zeros({b.n}, at::kBool)};
  nn::Answers answers;
  for (int64_t start = 0; start < b.n; start += kChunk) {
    std::vector<int64_t> rows;
    for (int64_t i = start; i < std::min(b.n, start + kChunk); ++i) rows.push_back(i);
    const auto input = read_light_curves(
        int64_t(rows.size()) == b.n ? b : std::get<modalities::LightCurveBlock>(modalities::select(*given, rows)),
        settings_, {});
    if (input.rows_M.size(0) == 0) continue;
    const auto rows_M = input.rows_M + start, header = input.ids_MH, shape = input.shape_MS;
    const auto codes = quantiser_(encode_latent(sent(input, parameters_.device()))).ids;
    answers.add(codes, [&out, rows_M, header, shape](const at::Tensor& found) {
      out.ids.index_copy_(0, rows_M, at::cat({header, found, shape}, 1));
      out.present.index_fill_(0, rows_M, 1);
    });
  }
  answers.finish();
  return out;
}

LightCurveCodec::Read LightCurveCodec::read(const at::Tensor& ids_MT) const {
  const int64_t M = ids_MT.size(0), last = kHeaderTokens + settings_.latents, bins = settings_.norm_bins;
  const auto header = ids_MT.narrow(1, 0, kHeaderTokens).contiguous();
  const auto shape = ids_MT.narrow(1, last, kShapeTokens).contiguous();
  const int64_t most = M > 0 ? std::max(header.max().item<int64_t>(), shape.max().item<int64_t>()) : 0;
  if (most >= bins)
    base::user_error(
        "light_curve_points: the first {} tokens and the last {} are numbers of the header and the shape, 0..{}; {} is "
        "none.",
        kHeaderTokens, kShapeTokens, bins - 1, most);
  Read out;
  std::vector<float> features, shapes;
  for (int64_t i = 0; i < M; ++i) {
    out.headers.push_back(
        header_of(header.const_data_ptr<int64_t>() + i * kHeaderTokens, settings_.magnitudes(), bins));
    const auto numbers = header_features(out.headers.back(), settings_.magnitudes());
    features.insert(features.end(), numbers.begin(), numbers.end());
    const auto kind = shape_features(shape_from(shape.const_data_ptr<int64_t>() + i * kShapeTokens, bins));
    shapes.insert(shapes.end(), kind.begin(), kind.end());
  }
  out.header_MF = at::tensor(features).reshape({M, kHeaderFeatures});
  out.shape_MF = at::tensor(shapes).reshape({M, kShapeFeatures});
  out.codes_MKd = quantiser_.codes(nn::sent(ids_MT.narrow(1, kHeaderTokens, settings_.latents), parameters_.device()));
  return out;
}

CurveSpan LightCurveCodec::span_of(const at::Tensor& ids_T) const {
  const auto header = header_of(ids_T.const_data_ptr<int64_t>(), settings_.magnitudes(), settings_.norm_bins);
  const double first = header.reference_day + header.first * header.span_day;
  return {first, first + header.span_day};
}

modalities::Block LightCurveCodec::decode(const Tokens& tokens, const DecodeRequest& request) const {
  at::NoGradGuard no_grad;
  check_tokens(tokens, num_tokens(), vocabulary(), kind());
  auto out = curves_to_draw(
      tokens, request, settings_, [this](const at::Tensor& ids) { return span_of(ids); }, kind());
  const auto colours = colours_of(out.bands, settings_, kind());
  out.unit = settings_.unit;
  const auto rows = at::nonzero(tokens.present).squeeze(1);
  const auto said = read(tokens.ids.index_select(0, rows));
  const int64_t M = rows.size(0), P = out.length;
  const CurvePlaces asked{at::zeros({M, P}, at::kDouble), at::zeros({M, P}, at::kDouble), at::zeros({M, P})};
  const auto for_each_point = [&](auto&& f) {
    for (int64_t m = 0; m < M; ++m) {
      const auto i = rows[m].item<int64_t>();
      for (int64_t k = 0; k < out.count[size_t(i)]; ++k) f(said.headers[size_t(m)], size_t(i * P + k), m * P + k);
    }
  };
  for_each_point([&](const LightCurveHeader& header, size_t from, int64_t to) {
    const double time = out.time_day[from] - header.reference_day;
    asked.time_MP.data_ptr<double>()[to] = time;
    asked.phase_MP.data_ptr<double>()[to] = time / header.period_day;
    asked.colour_MP.data_ptr<float>()[to] = float(colours[size_t(out.band[from])]);
  });
  const auto drawn = at::zeros({M, P});
  for (int64_t start = 0; start < M; start += kDrawChunk) {
    const int64_t m = std::min(kDrawChunk, M - start);
    int64_t longest = 0;
    for (int64_t k = start; k < start + m; ++k)
      longest = std::max<int64_t>(longest, out.count[size_t(rows[k].item<int64_t>())]);
    const auto part = [&](const at::Tensor& x) { return x.narrow(0, start, m); };
    const auto device = parameters_.device();
    const auto memory = remember(nn::sent(part(said.codes_MKd), device), nn::sent(part(said.header_MF), device));
    for (int64_t from = 0; from < longest; from += kDrawPoints) {
      const int64_t p = std::min(kDrawPoints, longest - from);
      const auto piece = [&](const at::Tensor& x) { return nn::sent(part(x).narrow(1, from, p), device); };
      part(drawn)
          .narrow(1, from, p)
          .copy_(draw(memory, {piece(asked.time_MP), piece(asked.phase_MP), piece(asked.colour_MP)}));
    }
  }
  for_each_point([&](const LightCurveHeader& header, size_t to, int64_t from) {
    const double value = drawn.const_data_ptr<float>()[from];
    const double full = header.level + header.scale * (value + header.slope * colours[size_t(out.band[to])]);
    out.value[to] = float(std::clamp(full, -kMostValue, kMostValue));
    out.mask[to] = 0;
  });
  return out;
}

nn::Outcome LightCurveCodec::learn(const Lesson& lesson) {
  std::vector<LightCurveInput> inputs;
  int64_t objects = 0;
  for (size_t i = 0; i < lesson.blocks.size(); ++i) {
    const InUnit given(*lesson.blocks[i], "light_curve", settings_.unit, kind());
    HidePoints hide{settings_.hidden_share, lesson.seed, lesson.training ? lesson.epoch : 0,
                    i < lesson.objects.size() ? &lesson.objects[i] : nullptr};
    auto input = read_light_curves(light_curve_of(*given, kind()), settings_, hide);
    objects += input.n;
    if (input.rows_M.size(0) > 0) inputs.push_back(std::move(input));
  }
  if (inputs.empty()) nn::nothing_to_learn("light_curve_points: none of the {} objects has a good point.", objects);
  const auto input = sent(join(inputs), parameters_.device());
  const auto quantised = quantiser_(encode_latent(input));
  const auto header = input.features_MF.narrow(1, 0, kHeaderFeatures);
  const auto residual = draw(remember(quantised.codes, header), input.places) - input.value_MP;
  const auto error = input.error_MP.clamp_min(1e-6);
  const double fainter = settings_.magnitudes() ? 1 : -1, floor = settings_.error_floor;
  const auto sigmas = residual / (error.square() + floor * floor).sqrt();
  const auto measured = nn::huber(sigmas, settings_.huber_sigma);
  const auto beyond = beyond_limit(sigmas * fainter, settings_.huber_sigma);
  const auto points = input.limit_MP.logical_not();
  const auto cost = [&](const at::Tensor& flags) {  // of an object: its points' and its limits' means
    const auto of_points = flags.logical_and(points), of_limits = flags.logical_and(input.limit_MP);
    return sum_of(measured, of_points) / of_points.sum(1).clamp_min(1) +
           sum_of(beyond, of_limits) / of_limits.sum(1).clamp_min(1);
  };
  const auto of_seen = cost(input.seen_MP), of_hidden = cost(input.hidden_MP);
  const auto reconstruction = at::where(input.hidden_MP.any(1), 0.5 * (of_seen + of_hidden), of_seen).mean();
  nn::Outcome out;
  out.loss = reconstruction + quantised.penalty;
  out.weight = double(input.value_MP.size(0));
  at::NoGradGuard no_grad;
  out.figures = nn::codebook_use(quantised.ids, code_vocabulary());
  for (const auto& entry : quantised.figures) out.figures[entry.first] = entry.second;
  out.figures["reconstruction"] = reconstruction.detach();
  out.figures["penalty"] = quantised.penalty.detach();
  const auto chi = (residual.detach() / error).square();
  const auto known = input.known_MP.logical_and(input.limit_MP.logical_not());
  const auto mean_of = [&](const at::Tensor& flags) {
    const auto chosen = flags.logical_and(known);
    return sum_of(chi, chosen).sum() / chosen.sum().clamp_min(1);
  };
  out.figures["chi2_seen"] = mean_of(input.seen_MP);
  out.figures["chi2_hidden"] = mean_of(input.hidden_MP);
  const auto hidden_limits = input.hidden_MP.logical_and(input.limit_MP);
  if (hidden_limits.any().item<bool>())
    out.figures["limits_kept"] = (sigmas.detach() * fainter >= 0).masked_select(hidden_limits).to(at::kFloat).mean();
  return out;
}

at::Tensor LightCurveCodec::vectors(const Tokens& tokens) const {
  at::NoGradGuard no_grad;
  check_tokens(tokens, num_tokens(), vocabulary(), kind());
  const auto rows = at::nonzero(tokens.present).squeeze(1);
  const auto said = read(tokens.ids.index_select(0, rows));
  const auto told = at::cat({said.header_MF.narrow(1, 0, 3), said.header_MF.narrow(1, 5, 2), said.shape_MF}, 1);
  const auto of = at::cat({told, bumps(told, kBumps).flatten(1), pair_bumps(told.select(1, 0), told.select(1, 3)),
                           said.codes_MKd.to(at::kCPU, at::kFloat).flatten(1)},
                          1);
  return at::zeros({tokens.ids.size(0), of.size(1)}).index_copy_(0, rows, of);
}

void LightCurveCodec::save(const std::filesystem::path& folder) const {
  auto copy = settings_;
  write_folder(folder, kind(), config::to_json(config::fields_of(copy)), parameters_);
}

}  // namespace asterism::tokenizers
