#include "tokenizers/spectrum_templates.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "nn/autocast.h"
#include "nn/losses.h"
#include "nn/nothing_to_learn.h"
#include "nn/transfer.h"
#include "tokenizers/block_tensors.h"
#include "tokenizers/template_fit.h"
#include "tokenizers/tokenizer_folder.h"

namespace asterism::tokenizers {

namespace {

constexpr int64_t kHead = 3;                          // tokens before the coefficients
constexpr int64_t kSettle = 4;                        // rounds before spectra move to the set that fits them
constexpr double kRightRedshift = 1000 / 299792.458;  // of 1 + z: 1,000 km/s

std::vector<TemplateSet> sets_of(const SpectrumTemplatesSettings& s) {
  const size_t n = s.redshift_low.size();
  if (n == 0 || s.redshift_high.size() != n || s.directions.size() != n)
    base::user_error(
        "spectrum_templates: {} of redshift_low, {} of redshift_high and {} of directions; give one of each per set.",
        n, s.redshift_high.size(), s.directions.size());
  if (s.spacing != "log")
    base::user_error("spectrum_templates: spacing = '{}': a redshift is a shift on a grid of spacing 'log' only.",
                     s.spacing);
  if (s.pixels < 16) base::user_error("spectrum_templates: pixels = {}; at least 16 are needed.", s.pixels);
  std::vector<TemplateSet> out;
  for (size_t i = 0; i < n; ++i) {
    if (!(s.redshift_low[i] < s.redshift_high[i]))
      base::user_error("spectrum_templates: redshift_low[{}] = {} is not below redshift_high[{}] = {}.", i,
                       s.redshift_low[i], i, s.redshift_high[i]);
    out.push_back({s.redshift_low[i], s.redshift_high[i], s.directions[i]});
  }
  return out;
}

// Of the rows that `input` kept; NaN: not known.
std::vector<double> redshifts_of(const Lesson& lesson, size_t block, const SpectrumGrid::Input& input) {
  std::vector<double> out;
  for (int64_t i = 0; i < input.rows_M.size(0); ++i) {
    const auto row = size_t(input.rows_M[i].item<int64_t>());
    const auto* known = lesson.redshifts.empty() ? nullptr : lesson.redshifts[block];
    out.push_back(known != nullptr && known->present[row] != 0 ? known->value[row] : NAN);
  }
  return out;
}

// All blocks of a lesson together.
struct Spectra {
  at::Tensor flux_ML, ivar_ML;
  std::vector<double> redshift_M;
  at::Tensor lsf_ML;  // undefined: not read
};

Spectra spectra_of(const Lesson& lesson, const SpectrumGrid& grid, bool with_lsf) {
  std::vector<at::Tensor> flux, ivar, lsf;
  Spectra out;
  int64_t objects = 0;
  for (size_t i = 0; i < lesson.blocks.size(); ++i) {
    const auto input = grid.prepare(*lesson.blocks[i], with_lsf);
    objects += input.n;
    flux.push_back(input.flux_ML);
    ivar.push_back(input.ivar_ML);
    if (with_lsf) lsf.push_back(input.lsf_ML);
    const auto redshifts = redshifts_of(lesson, i, input);
    out.redshift_M.insert(out.redshift_M.end(), redshifts.begin(), redshifts.end());
  }
  if (out.redshift_M.empty())
    nn::nothing_to_learn("spectrum_templates: none of the {} objects has a good pixel on the codec's grid.", objects);
  out.flux_ML = at::cat(flux);
  out.ivar_ML = at::cat(ivar);
  if (with_lsf) out.lsf_ML = at::cat(lsf);
  return out;
}

}  // namespace

SpectrumTemplatesSettings::SpectrumTemplatesSettings() {
  wavelength_low = 3600;
  wavelength_high = 9824;
  pixels = 7800;
}

void SpectrumTemplatesSettings::describe(config::Fields& f) {
  SpectrumGridSettings::describe(f);
  f.add("redshift_low", redshift_low, "of each set of templates").between(-0.5, 20);
  f.add("redshift_high", redshift_high, "of each set; where ranges overlap, the spectra decide").between(-0.5, 20);
  f.add("directions", directions, "coefficients of each set").between(1, 64);
  f.add("levels", levels, "of each coefficient").between(2, 65536);
  f.add("reach", reach, "standard deviations of a coefficient at which its levels end").between(0.1, 100);
  f.add("error_floor", error_floor, "of the scale, added in quadrature to the noise").between(0, 10);
  f.add("huber_sigma", huber_sigma, "residuals beyond count linearly in the loss; 0: plain chi^2").between(0, 1e6);
  f.add("fit_rounds", fit_rounds, "of closed-form learning before the first step").between(1, 1000);
  f.add("lsf_kms", lsf_kms,
        "one sigma of the templates' own line spread, km/s: wider spectra are read by templates blurred to theirs; 0: "
        "line spread is not read")
      .between(0, 30000);
}

SpectrumTemplates::SpectrumTemplates(SpectrumTemplatesSettings settings, uint64_t seed)
    : settings_(std::move(settings)) {
  const auto sets = sets_of(settings_);
  grid_ = SpectrumGrid(settings_, kind());
  templates_ = RestTemplates(nn::Scope(parameters_, seed), sets, settings_.pixels, log_step());
  first_part_.push_back(0);
  for (size_t set = 0; set < sets.size(); ++set)
    first_part_.push_back(first_part_.back() + (templates_.places(set) + kFine - 1) / kFine);
}

int64_t SpectrumTemplates::vocabulary() const {
  return std::max({settings_.norm_bins, settings_.levels, kFine, first_part_.back()});
}

int64_t SpectrumTemplates::num_tokens() const {
  return kHead + *std::max_element(settings_.directions.begin(), settings_.directions.end());
}

at::Tensor SpectrumTemplates::weight_of(const at::Tensor& ivar_ML) const {
  return ivar_ML / (ivar_ML * (settings_.error_floor * settings_.error_floor) + 1);
}

at::Tensor SpectrumTemplates::levels_of(const at::Tensor& u) const {
  const auto level = at::floor((u / settings_.reach + 1) * (double(settings_.levels) / 2));
  return level.clamp(0, double(settings_.levels - 1)).to(at::kLong);
}

at::Tensor SpectrumTemplates::values_of(const at::Tensor& ids) const {
  const auto middle = (ids.clamp_max(settings_.levels - 1).to(at::kDouble) + 0.5) * (2 / double(settings_.levels)) - 1;
  return (middle * settings_.reach).to(at::kFloat);
}

SpectrumTemplates::Code SpectrumTemplates::code_of(int64_t part, int64_t fine) const {
  part = std::min(part, first_part_.back() - 1);
  const auto after = std::upper_bound(first_part_.begin(), first_part_.end(), part);
  const auto set = size_t(after - first_part_.begin()) - 1;
  const int64_t place = (part - first_part_[set]) * kFine + std::min(fine, kFine - 1);
  return {set, std::min(place, templates_.places(set) - 1)};
}

Tokens SpectrumTemplates::encode(const modalities::Block& block) const {
  const nn::Autocast exact(nn::Precision::fp32, parameters_.device().type());
  at::NoGradGuard no_grad;
  const auto input = prepare(block);
  Tokens out{at::zeros({input.n, num_tokens()}, at::kLong), at::zeros({input.n}, at::kBool)};
  const auto templates = templates_.on_cpu();
  const auto found = ShiftScan(templates).find(input.flux_ML, weight_of(input.ivar_ML), spreads_of(input.lsf_ML));
  for (size_t i = 0; i < found.size(); ++i) {
    auto row = out.ids[input.rows_M[int64_t(i)].item<int64_t>()];
    row[0] = input.norm_ids_M[int64_t(i)];
    row[1] = first_part_[found[i].set] + found[i].place / kFine;
    row[2] = found[i].place % kFine;
    row.narrow(0, kHead, found[i].u_K.size(0)).copy_(levels_of(found[i].u_K));
  }
  out.present.index_fill_(0, input.rows_M, 1);
  return out;
}

at::Tensor SpectrumTemplates::draw(const at::Tensor& ids_MT) const {
  std::vector<at::Tensor> out;
  for (int64_t i = 0; i < ids_MT.size(0); ++i) {
    const auto code = code_of(ids_MT[i][1].item<int64_t>(), ids_MT[i][2].item<int64_t>());
    const auto u = values_of(ids_MT[i].narrow(0, kHead, templates_.directions(code.set)));
    out.push_back(templates_.draw(code.set, code.place, u));
  }
  return at::stack(out);
}

modalities::Block SpectrumTemplates::decode(const Tokens& tokens, const DecodeRequest& request) const {
  const nn::Autocast exact(nn::Precision::fp32, parameters_.device().type());
  at::NoGradGuard no_grad;
  check_tokens(tokens, num_tokens(), vocabulary(), kind());
  if (reads_line_spread()) return drawn_as_recorded(tokens, request);
  return grid_.drawn(tokens, request, [this](const at::Tensor& ids_MT) { return draw(ids_MT); });
}

at::Tensor SpectrumTemplates::redshifts(const Tokens& tokens) const {
  check_tokens(tokens, num_tokens(), vocabulary(), kind());
  auto out = at::full({tokens.ids.size(0)}, NAN, at::kDouble);
  for (int64_t i = 0; i < tokens.ids.size(0); ++i) {
    if (!tokens.present[i].item<bool>()) continue;
    const auto code = code_of(tokens.ids[i][1].item<int64_t>(), tokens.ids[i][2].item<int64_t>());
    out[i] = templates_.redshift(code.set, code.place);
  }
  return out;
}

at::Tensor SpectrumTemplates::vectors(const Tokens& tokens) const {
  const int64_t sets = int64_t(templates_.sets());
  const auto redshift = redshifts(tokens);
  auto out = at::zeros({tokens.ids.size(0), 1 + sets + num_tokens() - kHead + 1});
  for (int64_t i = 0; i < tokens.ids.size(0); ++i) {
    if (!tokens.present[i].item<bool>()) continue;
    const auto ids = tokens.ids[i];
    const auto code = code_of(ids[1].item<int64_t>(), ids[2].item<int64_t>());
    const int64_t k = templates_.directions(code.set);
    out[i][0] = grid_.scale_of(ids[0]).log();
    out[i][1 + int64_t(code.set)] = 1;
    out[i][1 + sets] = std::log1p(redshift[i].item<double>());
    out[i].narrow(0, 2 + sets, k).copy_(values_of(ids.narrow(0, kHead, k)));
  }
  return out;
}

void SpectrumTemplates::fit_all(const Lesson& lesson) {
  at::NoGradGuard no_grad;
  const auto spectra = spectra_of(lesson, grid_, reads_line_spread());
  auto templates = templates_.on_cpu();
  const auto counts = fit_templates(templates, spectra.flux_ML, weight_of(spectra.ivar_ML), spectra.redshift_M,
                                    settings_.fit_rounds, kSettle, spreads_of(spectra.lsf_ML));
  for (size_t set = 0; set < counts.size(); ++set) {
    if (const int64_t fewest = fewest_to_fit(templates, set); counts[set] < fewest)
      base::user_error(
          "spectrum_templates: {} of {} spectra are of set {} (redshift {} to {}, as tokenizer.redshift tells "
          "them), and {} are needed for its {} directions: give more (train.prepare_objects), or leave the set out.",
          counts[set], spectra.redshift_M.size(), set, settings_.redshift_low[set], settings_.redshift_high[set],
          fewest, templates.directions(set));
    templates_.templates(set).copy_(templates.templates(set));
  }
}

nn::Outcome SpectrumTemplates::learn(const Lesson& lesson) {
  const nn::Autocast exact(nn::Precision::fp32, parameters_.device().type());
  const auto spectra = spectra_of(lesson, grid_, reads_line_spread());
  auto spreads = spreads_of(spectra.lsf_ML);
  const auto weight = weight_of(spectra.ivar_ML);
  const auto templates = templates_.on_cpu();
  const auto count = spectra.redshift_M.size();
  std::vector<Found> found(count);
  std::vector<int64_t> unknown;
  for (size_t i = 0; i < count; ++i) {
    const auto row = int64_t(i);
    if (!lesson.training || !std::isfinite(spectra.redshift_M[i]) ||
        !ShiftScan::at(templates, spectra.redshift_M[i], spectra.flux_ML[row], weight[row], found[i], spreads.of(row)))
      unknown.push_back(row);
  }
  if (!unknown.empty()) {
    const auto rows = at::tensor(unknown, at::kLong);
    auto seen = ShiftScan(templates).find(spectra.flux_ML.index_select(0, rows), weight.index_select(0, rows),
                                          spreads.select(rows));
    for (size_t i = 0; i < unknown.size(); ++i) found[size_t(unknown[i])] = std::move(seen[i]);
  }
  std::vector<at::Tensor> drawn;
  double known = 0, right = 0;
  for (size_t i = 0; i < count; ++i) {
    const auto& one = found[i];
    drawn.push_back(templates_.draw(one.set, one.place, values_of(levels_of(one.u_K))));
    if (const auto blur = spreads.of(int64_t(i)); blur) drawn.back() = blur->of(drawn.back());
    if (!std::isfinite(spectra.redshift_M[i])) continue;
    known += 1;
    const double off = templates_.redshift(one.set, one.place) - spectra.redshift_M[i];
    right += std::abs(off) <= kRightRedshift * (1 + spectra.redshift_M[i]) ? 1 : 0;
  }
  const auto there = [&](const at::Tensor& x) { return nn::sent(x, parameters_.device()); };
  const auto residual = there(spectra.flux_ML) - at::stack(drawn);
  const auto ivar = there(spectra.ivar_ML), good = (ivar > 0).to(at::kFloat);
  const auto pixels = good.sum(1);
  nn::Outcome out;
  // half chi^2 per pixel, every object counting alike
  out.loss = ((nn::huber(residual * weight_of(ivar).sqrt(), settings_.huber_sigma) * good).sum(1) / pixels).mean();
  out.weight = double(count);
  at::NoGradGuard no_grad;
  out.figures["reconstruction"] = out.loss.detach();
  out.figures["chi2_per_pixel"] = (residual.detach().square() * ivar).sum() / pixels.sum();
  if (known > 0) out.figures["redshift_found"] = at::scalar_tensor(right / known);
  return out;
}

void SpectrumTemplates::save(const std::filesystem::path& folder) const {
  auto copy = settings_;
  write_folder(folder, kind(), config::to_json(config::fields_of(copy)), parameters_);
}

}  // namespace asterism::tokenizers
