#include "tokenizers/cube_templates.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "nn/autocast.h"
#include "nn/losses.h"
#include "nn/nothing_to_learn.h"
#include "nn/transfer.h"
#include "tokenizers/block_tensors.h"
#include "tokenizers/cube_spectra.h"
#include "tokenizers/image_crop.h"
#include "tokenizers/in_unit.h"
#include "tokenizers/rebin.h"
#include "tokenizers/shift_scan.h"
#include "tokenizers/tokenizer_folder.h"

namespace asterism::tokenizers {

namespace {

constexpr double kRightRedshift = 300 / 299792.458;  // of 1 + z: 300 km/s, less than a pixel of 800

void check(const CubeTemplatesSettings& s) {
  if (s.wavelength_low >= s.wavelength_high)
    base::user_error("cube_templates: wavelength_low = {} is not below wavelength_high = {}.", s.wavelength_low,
                     s.wavelength_high);
  if (s.norm_low >= s.norm_high)
    base::user_error("cube_templates: norm_low = {} is not below norm_high = {}.", s.norm_low, s.norm_high);
  if (s.redshift_low >= s.redshift_high)
    base::user_error("cube_templates: redshift_low = {} is not below redshift_high = {}.", s.redshift_low,
                     s.redshift_high);
  if (s.ring_tokens.empty()) base::user_error("cube_templates: no ring_tokens; give one for each ring of waves.");
}

std::vector<float> wavelengths_of(const DecodeRequest& request, const std::vector<double>& grid) {
  std::vector<float> out(request.wavelength_angstrom.begin(), request.wavelength_angstrom.end());
  if (out.empty()) out.assign(grid.begin(), grid.end());
  for (size_t i = 0; i < out.size(); ++i)
    if (!(out[i] > 0) || !std::isfinite(out[i]) || (i > 0 && !(out[i] > out[i - 1])))
      base::user_error("cube_templates: wavelengths to decode onto must increase strictly; entry {} is {}.", i, out[i]);
  return out;
}

}  // namespace

void CubeTemplatesSettings::describe(config::Fields& f) {
  f.add("unit", unit, "of the flux density of a spaxel");
  f.add("wavelength_low", wavelength_low, "lower edge of the grid, Angstrom in vacuum").between(1, 1e8);
  f.add("wavelength_high", wavelength_high, "upper edge").between(1, 1e8);
  f.add("pixels", pixels, "of the grid, equal in log wavelength").between(16, 1 << 20);
  f.add("finer", finer, "pixels of the templates to one of the grid").between(1, 16);
  f.add("size", size, "spaxels a side of the cubes that the number of tokens is told for; others are read too")
      .between(1, 1 << 14);
  f.add("redshift_low", redshift_low, "that are searched").between(-0.5, 20);
  f.add("redshift_high", redshift_high, "that are searched").between(-0.5, 20);
  f.add("directions", directions, "of the templates beside their mean").between(1, 64);
  f.add("highest_frequency", highest_frequency, "of the maps, cycles a spaxel").between(1e-3, 0.5);
  f.add("ring_tokens", ring_tokens, "of one wave of the maps, from the slowest ring of waves to the fastest")
      .between(1, 64);
  f.add("token_bits", token_bits, "of each of these tokens").between(1, 16);
  f.add("norm_bins", norm_bins, "of the token of the scale").between(1, 65536);
  f.add("norm_low", norm_low, "lowest log10 of the scale").between(-30, 30);
  f.add("norm_high", norm_high, "the highest").between(-30, 30);
  f.add("huber_sigma", huber_sigma, "residuals beyond count linearly in the loss; 0: plain chi^2").between(0, 1e6);
  f.add("fit_rounds", fit_rounds, "of closed-form learning before the first step").between(1, 1000);
}

CubeTemplates::CubeTemplates(CubeTemplatesSettings settings, uint64_t seed) : settings_(std::move(settings)) {
  const auto& s = settings_;
  check(s);
  edges_ = grid_edges(s.wavelength_low, s.wavelength_high, s.pixels, true);
  const nn::Scope scope(parameters_, seed);
  const int64_t fine = s.pixels * s.finer;
  templates_ = RestTemplates(scope, {{s.redshift_low, s.redshift_high, s.directions}}, fine,
                             std::log(s.wavelength_high / s.wavelength_low) / double(fine));
  basis_JJ_ = scope.statistic("basis", at::eye(s.directions + 1));
  map_tokens_ = CubeMapTokens(scope / "maps", s.directions + 1, s.ring_tokens, s.token_bits);
}

int64_t CubeTemplates::vocabulary() const {
  const int64_t parts = (templates_.places(0) + kFine - 1) / kFine;
  return std::max({settings_.norm_bins, int64_t{1} << settings_.token_bits, kFine, parts, settings_.size + 1});
}

std::vector<double> CubeTemplates::wavelengths() const {
  std::vector<double> out;
  for (size_t i = 0; i + 1 < edges_.size(); ++i) out.push_back(std::sqrt(edges_[i] * edges_[i + 1]));
  return out;
}

CubeTemplates::Frame CubeTemplates::frame_of(int64_t height, int64_t width) const {
  if (std::max(height, width) >= vocabulary())
    base::user_error(
        "cube_templates: cubes of {} x {} spaxels; a side's length is a token, {} at most. Cut them first.", height,
        width, vocabulary() - 1);
  const int64_t patches = ((height + kPatch - 1) / kPatch) * ((width + kPatch - 1) / kPatch);
  return {height, width, CubeModes(height, width, settings_.highest_frequency, map_tokens_.rings()),
          (patches + settings_.token_bits - 1) / settings_.token_bits};
}

int64_t CubeTemplates::num_tokens(int64_t height, int64_t width) const {
  const auto frame = frame_of(height, width);
  return kHead + frame.flag_tokens + map_tokens_.tokens(frame.modes);
}

int64_t CubeTemplates::each(const Lesson& lesson, const std::function<void(const Frame&, const Read&)>& f) const {
  int64_t objects = 0;
  for (size_t i = 0; i < lesson.blocks.size(); ++i) {
    const InUnit given(*lesson.blocks[i], "cube", settings_.unit, kind());
    const auto& cubes = cube_of(*given, kind());
    const auto* known = lesson.redshifts.empty() ? nullptr : lesson.redshifts[i];
    const auto frame = frame_of(cubes.height, cubes.width);
    objects += cubes.n;
    for (int64_t row = 0; row < cubes.n; ++row) {
      Read read;
      read.row = row;
      read.redshift = known != nullptr && known->present[size_t(row)] != 0 ? known->value[size_t(row)] : NAN;
      if (cubes.present[size_t(row)] != 0 && read_cube(cubes, row, edges_, norm(), kind(), read.cube)) f(frame, read);
    }
  }
  return objects;
}

int64_t CubeTemplates::place_of(const CubeRow& cube, const ShiftScan& scan) const {
  const auto [flux_1L, weight_1L] = summed_spectrum(cube);
  return scan.find(spread_out(flux_1L, settings_.finer), spread_out(weight_1L, settings_.finer))[0].place;
}

at::Tensor CubeTemplates::directions_at(const RestTemplates& templates, int64_t place) const {
  const auto seen = templates.seen(0, place);
  return at::mm(nn::sent(basis_JJ_, seen.device()), seen);
}

at::Tensor CubeTemplates::on_grid(const at::Tensor& directions) const {
  return directions.slice(1, 0, std::nullopt, settings_.finer);
}

at::Tensor CubeTemplates::maps_of(const Frame& frame, const CubeRow& cube, const at::Tensor& x_JL) const {
  const int64_t J = x_JL.size(0), S = cube.flux_SL.size(0);
  const auto pairs = (x_JL.unsqueeze(1) * x_JL.unsqueeze(0)).flatten(0, 1);
  const auto gram = at::mm(cube.ivar_SL, pairs.t()).view({S, J, J}).to(at::kDouble);
  const auto right = at::mm(cube.ivar_SL * cube.flux_SL, x_JL.t()).to(at::kDouble);
  return most_likely_maps(frame.modes, gram, right, 1 / map_tokens_.variance(frame.modes));
}

at::Tensor CubeTemplates::flags_of(const Frame& frame, const CubeRow& cube) const {
  const int64_t h = (frame.width + kPatch - 1) / kPatch;
  const auto good = cube.ivar_SL.gt(0).any(1);
  auto out = at::zeros({frame.flag_tokens}, at::kLong);
  auto* ids = out.mutable_data_ptr<int64_t>();
  for (int64_t s = 0; s < good.size(0); ++s) {
    if (!good.const_data_ptr<bool>()[s]) continue;
    const int64_t patch = (s / frame.width / kPatch) * h + s % frame.width / kPatch;
    ids[patch / settings_.token_bits] |= int64_t{1} << (patch % settings_.token_bits);
  }
  return out;
}

at::Tensor CubeTemplates::there(const Frame& frame, const at::Tensor& flags_T) const {
  const int64_t h = (frame.width + kPatch - 1) / kPatch;
  const auto flags = flags_T.contiguous();
  auto out = at::zeros({frame.height * frame.width}, at::kBool);
  for (int64_t s = 0; s < out.size(0); ++s) {
    const int64_t patch = (s / frame.width / kPatch) * h + s % frame.width / kPatch;
    const int64_t token = flags.const_data_ptr<int64_t>()[patch / settings_.token_bits];
    out.mutable_data_ptr<bool>()[s] = ((token >> (patch % settings_.token_bits)) & 1) != 0;
  }
  return out;
}

int64_t CubeTemplates::place_in(const at::Tensor& ids_T) const {
  const int64_t place = ids_T[3].item<int64_t>() * kFine + std::min(ids_T[4].item<int64_t>(), kFine - 1);
  return std::min(place, templates_.places(0) - 1);
}

at::Tensor CubeTemplates::map_ids(const Frame& frame, const at::Tensor& ids_T) const {
  return ids_T.narrow(0, kHead + frame.flag_tokens, map_tokens_.tokens(frame.modes));
}

Tokens CubeTemplates::encode(const modalities::Block& block) const {
  const nn::Autocast exact(nn::Precision::fp32, parameters_.device().type());
  at::NoGradGuard no_grad;
  const auto templates = templates_.on_cpu();
  const ShiftScan scan(templates);
  Tokens out;
  const InUnit given(block, "cube", settings_.unit, kind());
  const auto& cubes = cube_of(*given, kind());
  out.ids = at::zeros({cubes.n, num_tokens(cubes.height, cubes.width)}, at::kLong);
  out.present = at::zeros({cubes.n}, at::kBool);
  each({{&*given}, {}}, [&](const Frame& frame, const Read& read) {
    const int64_t place = place_of(read.cube, scan);
    const auto x_JL = on_grid(directions_at(templates, place));
    const auto ids = map_tokens_.ids(frame.modes, maps_of(frame, read.cube, x_JL));
    const auto head =
        at::tensor({frame.height, frame.width, read.cube.norm_id, place / kFine, place % kFine}, at::kLong);
    out.ids[read.row].copy_(at::cat({head, flags_of(frame, read.cube), ids}));
    out.present[read.row] = true;
  });
  return out;
}

CubeTemplates::Frame CubeTemplates::frame_of(const Tokens& tokens, const DecodeRequest& request) const {
  const auto rows = at::nonzero(tokens.present).squeeze(1);
  int64_t height = settings_.size, width = settings_.size;
  if (rows.size(0) > 0) {
    const auto sizes = tokens.ids.index_select(0, rows).narrow(1, 0, 2).contiguous();
    height = sizes[0][0].item<int64_t>();
    width = sizes[0][1].item<int64_t>();
    if (!at::equal(sizes, sizes.narrow(0, 0, 1).expand_as(sizes).contiguous()))
      base::user_error(
          "cube_templates: cubes of differing sizes, {} x {} and others; decode those of one size at a time.", height,
          width);
  } else if (tokens.ids.size(1) != num_tokens() && request.height > 0 && request.width > 0) {
    height = request.height;  // no object tells
    width = request.width;
  }
  if (height < 1 || width < 1 || num_tokens(height, width) != tokens.ids.size(1))
    base::user_error("cube_templates decodes int64 tokens of cubes of {} x {} spaxels; these are n x {}.", height,
                     width, tokens.ids.size(1));
  return frame_of(height, width);
}

modalities::Block CubeTemplates::decode(const Tokens& tokens, const DecodeRequest& request) const {
  const nn::Autocast exact(nn::Precision::fp32, parameters_.device().type());
  at::NoGradGuard no_grad;
  const int64_t given = tokens.ids.defined() && tokens.ids.dim() == 2 ? tokens.ids.size(1) : num_tokens();
  check_tokens(tokens, std::max(given, kHead), vocabulary(), kind());
  if (request.height < 0 || request.width < 0)
    base::user_error("cube_templates: cubes of {} x {} spaxels.", request.height, request.width);
  const auto wavelength = wavelengths_of(request, wavelengths());
  const auto frame = frame_of(tokens, request);
  modalities::CubeBlock out;
  out.n = tokens.ids.size(0);
  out.length = int64_t(wavelength.size());
  out.height = request.height > 0 ? request.height : frame.height;
  out.width = request.width > 0 ? request.width : frame.width;
  out.unit = settings_.unit;
  out.pixel_scale_arcsec = request.pixel_scale_arcsec;
  const auto templates = templates_.on_cpu();
  const auto at_wavelength = drawn_at(edges_, settings_.finer, wavelength);
  const auto flux = at::zeros({out.n, out.length, out.height, out.width}), good = at::zeros_like(flux);
  for (int64_t i = 0; i < out.n; ++i) {
    if (!tokens.present[i].item<bool>()) continue;
    const auto ids = tokens.ids[i];
    const auto maps_JS = frame.modes.drawn(map_tokens_.values(frame.modes, map_ids(frame, ids))).to(at::kFloat);
    const auto x_JK = at_wavelength.of(directions_at(templates, place_in(ids)));
    const auto seen = at_wavelength.inside.unsqueeze(1) * there(frame, ids.narrow(0, kHead, frame.flag_tokens));
    const auto frames = [&](const at::Tensor& values_KS) {
      return crop_or_pad(values_KS.view({out.length, frame.height, frame.width}), out.height, out.width);
    };
    flux[i].copy_(frames(at::mm(x_JK.t(), maps_JS) * (seen * norm().scale(ids[2].item<int64_t>()))));
    good[i].copy_(frames(seen));
  }
  copy_into(out.present, tokens.present);
  copy_into(out.wavelength_angstrom, at::tensor(wavelength).unsqueeze(0).expand({out.n, out.length}));
  copy_into(out.flux, flux);
  copy_into(out.ivar, good);
  copy_into(out.mask, good == 0);
  out.lsf_sigma_angstrom.assign(size_t(out.n * out.length), 0);
  return out;
}

at::Tensor CubeTemplates::redshifts(const Tokens& tokens) const {
  auto out = at::full({tokens.ids.size(0)}, NAN, at::kDouble);
  for (int64_t i = 0; i < tokens.ids.size(0); ++i)
    if (tokens.present[i].item<bool>()) out[i] = templates_.redshift(0, place_in(tokens.ids[i]));
  return out;
}

at::Tensor CubeTemplates::vectors(const Tokens& tokens) const {
  at::NoGradGuard no_grad;
  check_tokens(tokens, std::max(tokens.ids.size(1), kHead), vocabulary(), kind());
  const auto frame = frame_of(tokens, {});
  const int64_t maps = map_tokens_.maps();
  const auto usual = map_tokens_.variance(frame.modes).sqrt();
  auto out = at::zeros({tokens.ids.size(0), 2 + maps + maps * frame.modes.count()});
  const auto z = redshifts(tokens);
  for (int64_t i = 0; i < tokens.ids.size(0); ++i) {
    if (!tokens.present[i].item<bool>()) continue;
    const auto ids = map_ids(frame, tokens.ids[i]);
    const auto strength = map_tokens_.log_strength(ids.narrow(0, 0, maps));
    const auto waves = map_tokens_.values(frame.modes, ids) / (strength.exp().unsqueeze(1) * usual);
    const double scale = norm().scale(tokens.ids[i][2].item<int64_t>());
    const auto head = at::tensor({std::log(scale), std::log1p(z[i].item<double>())}, at::kDouble);
    out[i].copy_(at::cat({head, strength, waves.reshape({-1})}));
  }
  return out;
}

nn::Outcome CubeTemplates::learn(const Lesson& lesson) {
  const nn::Autocast exact(nn::Precision::fp32, parameters_.device().type());
  const auto templates = templates_.on_cpu();
  const ShiftScan scan(templates);
  const auto device = parameters_.device();
  nn::Outcome out;
  out.weight = 0;
  double known = 0, right = 0;
  auto chi2 = at::zeros({}, at::TensorOptions().device(device)), values = at::zeros_like(chi2);
  const int64_t objects = each(lesson, [&](const Frame& frame, const Read& read) {
    const bool told = std::isfinite(read.redshift);
    int64_t place = told && lesson.training ? templates.place(0, read.redshift) : -1;
    at::Tensor maps_SJ;
    {
      at::NoGradGuard no_grad;
      if (place < 0) place = place_of(read.cube, scan);
      const auto c_JM = maps_of(frame, read.cube, on_grid(directions_at(templates, place)));
      const auto rounded = map_tokens_.values(frame.modes, map_tokens_.ids(frame.modes, c_JM));
      maps_SJ = nn::sent(frame.modes.drawn(rounded).t().to(at::kFloat).contiguous(), device);
    }
    const auto ivar = nn::sent(read.cube.ivar_SL, device), good = (ivar > 0).to(at::kFloat);
    const auto residual =
        nn::sent(read.cube.flux_SL, device) - at::mm(maps_SJ, on_grid(directions_at(templates_, place)));
    // half chi^2 per value, every object counting alike
    const auto one = (nn::huber(residual * ivar.sqrt(), settings_.huber_sigma) * good).sum() / good.sum();
    out.loss = out.loss.defined() ? out.loss + one : one;
    out.weight += 1;
    at::NoGradGuard no_grad;
    chi2 += (residual.detach().square() * ivar).sum();
    values += good.sum();
    known += told ? 1 : 0;
    const double off = templates.redshift(0, place) - read.redshift;
    right += told && std::abs(off) <= kRightRedshift * (1 + read.redshift) ? 1 : 0;
  });
  if (out.weight == 0)
    nn::nothing_to_learn("cube_templates: none of the {} objects has a good value on the grid.", objects);
  out.loss = out.loss / out.weight;
  out.figures["reconstruction"] = out.loss.detach();
  out.figures["chi2_per_pixel"] = chi2 / values;
  if (known > 0) out.figures["redshift_found"] = at::scalar_tensor(right / known);
  return out;
}

void CubeTemplates::save(const std::filesystem::path& folder) const {
  auto copy = settings_;
  write_folder(folder, kind(), config::to_json(config::fields_of(copy)), parameters_);
}

}  // namespace asterism::tokenizers
