#include "tokenizers/cube_codec.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "nn/losses.h"
#include "nn/nothing_to_learn.h"
#include "nn/transfer.h"
#include "tokenizers/block_tensors.h"
#include "tokenizers/image_crop.h"
#include "tokenizers/in_unit.h"
#include "tokenizers/rebin.h"
#include "tokenizers/tokenizer_folder.h"

namespace asterism::tokenizers {

namespace {

constexpr int64_t kChunk = 4;       // objects through the network at a time when nothing is learned: bounds memory
constexpr int64_t kPatches = 1024;  // and patches, along the wavelength
constexpr double kLargest = 14;     // of asinh(flux / scale) that the decoder may draw
constexpr int64_t kBrightness = 2;  // numbers that tell the networks how bright a patch is
constexpr double kDecades = 4;      // that bring log10 of a scale to the order of one

nn::ConvNextSettings encoder_settings(const CubeCodecSettings& s) {
  nn::ConvNextSettings out;
  out.dimensions = 1;
  out.channels = 3 * s.patch * s.patch + 1;
  out.depths = s.depths;
  out.widths = s.widths;
  out.strides = s.strides;
  return out;
}

std::vector<float> wavelengths_of(const DecodeRequest& request, const std::vector<double>& latent) {
  std::vector<float> out(request.wavelength_angstrom.begin(), request.wavelength_angstrom.end());
  if (out.empty()) out.assign(latent.begin(), latent.end());
  for (size_t i = 0; i < out.size(); ++i)
    if (!(out[i] > 0) || !std::isfinite(out[i]) || (i > 0 && !(out[i] > out[i - 1])))
      base::user_error("cube_conv: wavelengths to decode onto must increase strictly; entry {} is {}.", i, out[i]);
  return out;
}

// f(first patch, how many) of all P patches, side by side; where nothing is learned, some at a time: large cubes.
template <class F>
at::Tensor in_pieces(int64_t P, F&& f) {
  if (at::GradMode::is_enabled() || P <= kPatches) return f(int64_t{0}, P);
  std::vector<at::Tensor> parts;
  for (int64_t start = 0; start < P; start += kPatches) parts.push_back(f(start, std::min(kPatches, P - start)));
  return at::cat(parts);
}

}  // namespace

CubeCodec::MixBlock::MixBlock(const nn::Scope& scope, int64_t width)
    : neighbours(scope / "neighbours", width, width, nn::ConvSettings::depthwise(3, width)),
      norm(scope / "norm", width),
      up(scope / "up", width, 2 * width),
      down(scope / "down", 2 * width, width) {}

at::Tensor CubeCodec::MixBlock::operator()(const at::Tensor& x_BghD) const {
  const auto around = neighbours(x_BghD.permute({0, 3, 1, 2})).permute({0, 2, 3, 1});
  return x_BghD + down(at::gelu(up(norm(around))));
}

CubeCodec::CubeCodec(CubeCodecSettings settings, uint64_t seed) : settings_(std::move(settings)) {
  check(settings_);
  const auto& s = settings_;
  edges_ = grid_edges(s.wavelength_low, s.wavelength_high, s.pixels, true);
  const nn::Scope scope(parameters_, seed);
  const int64_t D = s.widths.back(), S = s.patch * s.patch;
  quantiser_ = nn::Quantiser(scope / "quantiser", s);
  const int64_t code = quantiser_.dimensions();
  encoder_ = nn::ConvNextEncoder(scope / "encoder", encoder_settings(s));
  brightness_in_ = nn::Linear(scope / "brightness_in", kBrightness, D);
  instrument_ = nn::Linear(scope / "instrument", 2, D, false);
  for (int64_t i = 0; i < s.mixing_depth; ++i) {
    mix_in_.emplace_back(scope / "mix_in" / i, D);
    mix_out_.emplace_back(scope / "mix_out" / i, D);
  }
  code_layer_norm_ = nn::LayerNorm(scope / "norm", D, nn::NormBias::none);  // what code_norm_ takes away again
  to_code_ = nn::Linear(scope / "to_code", D, code, false);
  code_norm_ = nn::Whitening(scope / "code_norm", code);
  from_code_ = nn::Linear(scope / "from_code", code, D);
  brightness_out_ = nn::Linear(scope / "brightness_out", kBrightness, D, false);
  decoder_ = nn::ConvNextDecoder(scope / "decoder", nn::mirrored(encoder_settings(s), s.output_width, 0));
  output_norm_ = nn::LayerNorm(scope / "output_norm", s.output_width);
  output_ = nn::Linear(scope / "output", s.output_width, S);
}

int64_t CubeCodec::vocabulary() const { return std::max(code_vocabulary(), settings_.norm_bins); }

int64_t CubeCodec::num_tokens(int64_t height, int64_t width) const {
  const PatchGrid grid{height, width, settings_.patch};
  return kSizeTokens + grid.patches() * (1 + settings_.segments());
}

std::vector<double> CubeCodec::latent_wavelengths() const {
  std::vector<double> out;
  for (size_t i = 0; i + 1 < edges_.size(); ++i) out.push_back(std::sqrt(edges_[i] * edges_[i + 1]));
  return out;
}

CubeInput CubeCodec::read(const modalities::Block& block) const {
  const InUnit given(block, "cube", settings_.unit, kind());
  const auto& cubes = cube_of(*given, kind());
  if (std::max(cubes.height, cubes.width) >= vocabulary())
    base::user_error("cube_conv: cubes of {} x {} spaxels; a side's length is a token, {} at most. Cut them first.",
                     cubes.height, cubes.width, vocabulary() - 1);
  return read_cubes(cubes, settings_, edges_);
}

// log10 of a patch's scale beside the cube's mean, and that mean.
at::Tensor CubeCodec::brightness(const at::Tensor& norm_ids_MG) const {
  const auto seen = norm_ids_MG.gt(0).to(at::kDouble);
  const auto logarithm = cube_scale(norm_ids_MG, settings_).log10() * seen;
  const auto mean = logarithm.sum(1, true) / seen.sum(1, true).clamp_min(1);
  return (at::stack({logarithm - mean, (mean / kDecades).expand_as(seen)}, 2) * seen.unsqueeze(2))
      .to(at::kFloat)
      .flatten(0, 1);
}

CubeCodec::Part CubeCodec::part_of(const CubeInput& input, int64_t first, int64_t count) const {
  const auto device = parameters_.device();
  const int64_t from = input.first_P[size_t(first)], P = input.first_P[size_t(first + count)] - from;
  const int64_t G = input.grid.patches();
  Part out;
  out.M = count;
  out.grid = input.grid;
  const auto cell_P = input.cell_P.narrow(0, from, P) - first * G;
  out.cell_P = nn::sent(cell_P, device);
  out.brightness_XF = nn::sent(brightness(input.norm_ids_MG.narrow(0, first, count)), device);
  out.flux_PSL = nn::sent(input.flux_PSL.narrow(0, from, P), device);
  out.ivar_PSL = nn::sent(input.ivar_PSL.narrow(0, from, P), device);
  const auto object_P = at::floor_divide(cell_P, G);
  out.lsf_PL = nn::sent(input.lsf_ML.narrow(0, first, count).index_select(0, object_P), device);
  out.pixel_scale_arcsec = input.pixel_scale_arcsec;
  return out;
}

// Patches laid out as they lie on the sky, mixed, and taken up again.
at::Tensor CubeCodec::mixed(const std::vector<MixBlock>& blocks, const at::Tensor& x_PTD, const Part& part) const {
  if (blocks.empty()) return x_PTD;
  const int64_t T = x_PTD.size(1), D = x_PTD.size(2), g = part.grid.rows(), h = part.grid.columns(), M = part.M;
  auto x = at::zeros({M * g * h, T, D}, x_PTD.options()).index_copy(0, part.cell_P, x_PTD);
  x = x.view({M, g, h, T, D}).permute({0, 3, 1, 2, 4}).reshape({M * T, g, h, D});
  for (const auto& block : blocks) x = block(x);
  x = x.view({M, T, g, h, D}).permute({0, 2, 3, 1, 4}).reshape({M * g * h, T, D});
  return x.index_select(0, part.cell_P);
}

at::Tensor CubeCodec::encode_latent(const Part& part) const {
  const auto spectra = [&](int64_t start, int64_t count) {
    const auto flux = part.flux_PSL.narrow(0, start, count), ivar = part.ivar_PSL.narrow(0, start, count);
    const auto lsf = part.lsf_PL.narrow(0, start, count).unsqueeze(1);
    const auto missing = (ivar <= 0).to(at::kFloat);
    // Values far below their noise stay in proportion; of lines that are far above the scale the logarithm is read.
    const auto value = at::asinh(flux * (ivar / (ivar + 1)).sqrt());
    return encoder_(at::cat({value, at::log1p(ivar) * 0.5, missing, lsf}, 1)).transpose(1, 2);
  };
  auto x = in_pieces(part.flux_PSL.size(0), spectra);
  const bool known = part.pixel_scale_arcsec > 0;
  const auto scale = at::tensor({known ? std::log(part.pixel_scale_arcsec) : 0.0, known ? 1.0 : 0.0}).to(at::kFloat);
  const auto bright = brightness_in_(part.brightness_XF.index_select(0, part.cell_P));
  x = x + (bright + instrument_(nn::sent(scale, x.device()))).unsqueeze(1);
  return code_norm_(to_code_(code_layer_norm_(mixed(mix_in_, x, part))));
}

at::Tensor CubeCodec::decode_codes(const at::Tensor& codes_PTd, const Part& part) const {
  const auto bright = brightness_out_(part.brightness_XF.index_select(0, part.cell_P)).unsqueeze(1);
  const auto x = mixed(mix_out_, from_code_(codes_PTd) + bright, part);
  return in_pieces(x.size(0), [&](int64_t start, int64_t count) {
    const auto rows = decoder_(x.narrow(0, start, count).transpose(1, 2)).transpose(1, 2);
    const auto drawn = output_(output_norm_(rows)).to(at::kFloat);
    return at::sinh(drawn.clamp(-kLargest, kLargest)).transpose(1, 2);
  });
}

Tokens CubeCodec::encode(const modalities::Block& block) const {
  at::NoGradGuard no_grad;
  const auto input = read(block);
  const int64_t G = input.grid.patches(), T = settings_.segments();
  Tokens out{at::zeros({input.n, num_tokens(input.grid.height, input.grid.width)}, at::kLong),
             at::zeros({input.n}, at::kBool)};
  nn::Answers answers;
  for (int64_t start = 0; start < input.rows_M.size(0); start += kChunk) {
    const int64_t m = std::min(kChunk, input.rows_M.size(0) - start);
    const auto part = part_of(input, start, m);
    const auto cell_P = input.cell_P.narrow(0, input.first_P[size_t(start)], part.cell_P.size(0)) - start * G;
    answers.add(quantiser_(encode_latent(part)).ids, [&, start, m, cell_P](const at::Tensor& found) {
      const auto codes = at::zeros({m * G, T}, at::kLong).index_copy(0, cell_P, found).view({m, G, T});
      const auto patches = at::cat({input.norm_ids_MG.narrow(0, start, m).unsqueeze(2), codes}, 2).flatten(1);
      const auto size = at::tensor({input.grid.height, input.grid.width}, at::kLong).expand({m, kSizeTokens});
      out.ids.index_copy_(0, input.rows_M.narrow(0, start, m), at::cat({size, patches}, 1));
    });
  }
  answers.finish();
  out.present.index_fill_(0, input.rows_M, 1);
  return out;
}

PatchGrid CubeCodec::grid_of(const Tokens& tokens, const DecodeRequest& request) const {
  const auto rows = at::nonzero(tokens.present).squeeze(1);
  PatchGrid out{settings_.size, settings_.size, settings_.patch};
  if (rows.size(0) > 0) {
    const auto sizes = tokens.ids.index_select(0, rows).narrow(1, 0, kSizeTokens).contiguous();
    out.height = sizes[0][0].item<int64_t>();
    out.width = sizes[0][1].item<int64_t>();
    if (!at::equal(sizes, sizes.narrow(0, 0, 1).expand_as(sizes).contiguous()))
      base::user_error("cube_conv: cubes of differing sizes, {} x {} and others; decode those of one size at a time.",
                       out.height, out.width);
  } else if (tokens.ids.size(1) != num_tokens() && request.height > 0 && request.width > 0) {
    out.height = request.height;  // no object tells
    out.width = request.width;
  }
  if (out.height < 1 || out.width < 1 || num_tokens(out.height, out.width) != tokens.ids.size(1))
    base::user_error("cube_conv decodes int64 tokens of shape n x {} of cubes of {} x {} spaxels; these are n x {}.",
                     num_tokens(out.height, out.width), out.height, out.width, tokens.ids.size(1));
  return out;
}

void CubeCodec::paint(const Tokens& tokens, Canvas& canvas) const {
  const auto& grid = canvas.grid;
  const int64_t G = grid.patches(), T = settings_.segments(), S = grid.spaxels(), K = canvas.flux.size(1);
  const auto rows = at::nonzero(tokens.present).squeeze(1);
  const auto ids = tokens.ids.index_select(0, rows).narrow(1, kSizeTokens, G * (1 + T)).view({-1, G, 1 + T});
  const auto norm_ids = ids.select(2, 0).contiguous();
  if (norm_ids.numel() > 0 && norm_ids.max().item<int64_t>() >= settings_.norm_bins)
    base::user_error("cube_conv: the first token of a patch is its normalisation, 0..{}; {} is none.",
                     settings_.norm_bins - 1, norm_ids.max().item<int64_t>());
  nn::Answers answers;
  for (int64_t start = 0; start < rows.size(0); start += kChunk) {
    Part part;
    part.M = std::min(kChunk, rows.size(0) - start);
    part.grid = grid;
    const auto norm = norm_ids.narrow(0, start, part.M), object = rows.narrow(0, start, part.M);
    const auto cells = at::nonzero(norm.reshape({-1})).squeeze(1);
    const auto codes = ids.narrow(0, start, part.M).narrow(2, 1, T).reshape({part.M * G, T}).index_select(0, cells);
    const auto frames = [&canvas, cells, object, S, K, X = part.M * G](const at::Tensor& values_PSK, at::Tensor& into) {
      const auto all = at::zeros({X, S, K}).index_copy(0, cells, values_PSK);
      into.index_copy_(0, object, crop_or_pad(as_frames(all, canvas.grid), into.size(2), into.size(3)));
    };
    frames(canvas.inside.expand({cells.size(0), S, K}), canvas.good);
    if (cells.size(0) == 0) continue;
    part.cell_P = nn::sent(cells, parameters_.device());
    part.brightness_XF = nn::sent(brightness(norm), parameters_.device());
    const auto scale = spaxel_scales(norm, grid, settings_).index_select(0, cells).unsqueeze(2);
    const auto drawn = decode_codes(quantiser_.codes(nn::sent(codes, parameters_.device())), part);
    answers.add(drawn, [&canvas, frames, scale](const at::Tensor& answer) {
      const auto latent = answer * scale;
      const auto right = (canvas.left + 1).clamp_max(latent.size(2) - 1);
      const auto onto = at::lerp(latent.index_select(2, canvas.left), latent.index_select(2, right), canvas.share);
      frames(onto * canvas.inside, canvas.flux);
    });
  }
  answers.finish();
}

modalities::Block CubeCodec::decode(const Tokens& tokens, const DecodeRequest& request) const {
  at::NoGradGuard no_grad;
  const int64_t given = tokens.ids.defined() && tokens.ids.dim() == 2 ? tokens.ids.size(1) : num_tokens();
  check_tokens(tokens, std::max(given, kSizeTokens), vocabulary(), kind());
  if (request.height < 0 || request.width < 0)
    base::user_error("cube_conv: cubes of {} x {} spaxels.", request.height, request.width);
  const auto wavelength = wavelengths_of(request, latent_wavelengths());
  const auto places = interpolation(edges_, true, wavelength);
  modalities::CubeBlock out;
  Canvas canvas;
  canvas.grid = grid_of(tokens, request);
  out.n = tokens.ids.size(0);
  out.length = int64_t(wavelength.size());
  out.height = request.height > 0 ? request.height : canvas.grid.height;
  out.width = request.width > 0 ? request.width : canvas.grid.width;
  out.unit = settings_.unit;
  out.pixel_scale_arcsec = request.pixel_scale_arcsec;
  canvas.left = at::tensor(places.left, at::kLong);
  canvas.share = at::tensor(places.weight);
  canvas.inside = at::tensor(places.inside, at::kByte).to(at::kFloat);
  canvas.flux = at::zeros({out.n, out.length, out.height, out.width});
  canvas.good = at::zeros_like(canvas.flux);
  paint(tokens, canvas);
  copy_into(out.present, tokens.present);
  copy_into(out.wavelength_angstrom, at::tensor(wavelength).unsqueeze(0).expand({out.n, out.length}));
  copy_into(out.flux, canvas.flux);
  copy_into(out.ivar, canvas.good);
  copy_into(out.mask, canvas.good == 0);
  out.lsf_sigma_angstrom.assign(size_t(out.n * out.length), 0);
  return out;
}

nn::Outcome CubeCodec::learn(const Lesson& lesson) {
  nn::Outcome sum;
  sum.weight = 0;
  int64_t objects = 0;
  for (const auto* block : lesson.blocks) {
    objects += modalities::rows(*block);
    const auto one = learn_block(*block);
    if (one.weight == 0) continue;
    sum.loss = sum.loss.defined() ? sum.loss + one.loss * one.weight : one.loss * one.weight;
    for (const auto& [name, value] : one.figures) {
      auto& total = sum.figures[name];
      total = total.defined() ? total + value * one.weight : value * one.weight;
    }
    sum.weight += one.weight;
  }
  if (sum.weight == 0) nn::nothing_to_learn("cube_conv: none of the {} objects has a good value on the grid.", objects);
  sum.loss = sum.loss / sum.weight;
  for (auto& entry : sum.figures) entry.second = entry.second / sum.weight;
  return sum;
}

nn::Outcome CubeCodec::learn_block(const modalities::Block& block) {
  const auto input = read(block);
  nn::Outcome out;
  const int64_t M = input.rows_M.size(0);
  out.weight = double(M);
  if (M == 0) return out;
  const auto part = part_of(input, 0, M);
  const auto quantised = quantiser_(encode_latent(part));
  const auto residual = part.flux_PSL - decode_codes(quantised.codes, part);
  const auto& ivar = part.ivar_PSL;
  const auto floor = (part.flux_PSL.square() + 1) * (settings_.error_floor * settings_.error_floor);
  const auto weight = ivar / (ivar * floor + 1);
  const auto good = (ivar > 0).to(at::kFloat);
  const auto object_P = nn::sent(at::floor_divide(input.cell_P, input.grid.patches()), ivar.device());
  const auto per_object = [&](const at::Tensor& values_PSL) {
    return at::zeros({M}, values_PSL.options()).index_add(0, object_P, values_PSL.sum({1, 2}));
  };
  // half chi^2 per value, every object counting alike
  const auto each = per_object(nn::huber(residual * weight.sqrt(), settings_.huber_sigma) * good) / per_object(good);
  const auto reconstruction = each.mean();
  const bool has_penalty = settings_.quantiser != "fsq";
  out.loss = has_penalty ? reconstruction + quantised.penalty : reconstruction;
  at::NoGradGuard no_grad;
  out.figures = nn::codebook_use(quantised.ids, code_vocabulary());
  for (const auto& entry : quantised.figures) out.figures[entry.first] = entry.second;
  out.figures["reconstruction"] = reconstruction.detach();
  if (has_penalty) out.figures["penalty"] = quantised.penalty.detach();
  out.figures["chi2_per_pixel"] = (residual.detach().square() * ivar).sum() / good.sum();
  return out;
}

void CubeCodec::save(const std::filesystem::path& folder) const {
  auto copy = settings_;
  write_folder(folder, kind(), config::to_json(config::fields_of(copy)), parameters_);
}

}  // namespace asterism::tokenizers
