#include "tokenizers/image_templates.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "nn/autocast.h"
#include "nn/losses.h"
#include "nn/nothing_to_learn.h"
#include "nn/transfer.h"
#include "tokenizers/block_tensors.h"
#include "tokenizers/encode_in_parts.h"
#include "tokenizers/image_crop.h"
#include "tokenizers/image_template_fit.h"
#include "tokenizers/in_unit.h"
#include "tokenizers/tokenizer_folder.h"

namespace asterism::tokenizers {

namespace {

constexpr int64_t kDrawn = 64, kRead = 256;  // images at a time: bounds memory
constexpr int64_t kCorrections = 4;          // of the brightness of an image that lacks a band, at most
constexpr double kBright = 3;                // a tenth of the signal-to-noise of images whose sizes count
constexpr double kSizeTail = 0.01;           // of the sizes in the data on either side that share the outermost size
constexpr double kSmallest = 0.5;            // pixels
constexpr double kSameScale = 0.05;          // ratios of pixel scales this close to 1 are
constexpr double kLargest = 1e12;            // flux in units of the brightness: squares and their sums stay finite

std::vector<ImageFrameSettings> frames_of(const ImageTemplatesSettings& s) {
  std::vector<ImageFrameSettings> out;
  for (const auto& frame : s.frames) {
    const bool turned = frame == "angle" || frame == "both", stretched = frame == "size" || frame == "both";
    out.push_back({turned ? s.angles : 1, stretched ? s.sizes : 1, s.size_low, s.size_high});
  }
  return out;
}

}  // namespace

ImageTemplatesSettings::ImageTemplatesSettings() { norm_bins = 1024; }

void ImageTemplatesSettings::describe(config::Fields& f) {
  ImageGridSettings::describe(f);
  f.add("frames", frames, "of each set of templates: none, size (stretched), angle (turned) or both");
  f.add("angles", angles, "told apart where templates are turned").between(2, 1024);
  f.add("sizes", sizes, "told apart where templates are stretched").between(2, 1024);
  f.add("size_low", size_low, "pixels, the smallest of frames that are stretched; 0: from the data").between(0, 4096);
  f.add("size_high", size_high, "the largest; 0: from the data").between(0, 4096);
  f.add("pixel_scale_arcsec", pixel_scale_arcsec, "of the images learned from; 0: from the data").between(0, 1e6);
  f.add("directions", directions, "coefficients of each set").between(1, 256);
  f.add("tokens", tokens, "for the coefficients of an image").between(1, 64);
  f.add("token_bits", token_bits, "of each of these tokens").between(1, 16);
  f.add("error_floor", error_floor, "of a pixel's flux, added in quadrature to its noise").between(0, 10);
  f.add("huber_sigma", huber_sigma, "residuals beyond count linearly in the loss; 0: plain chi^2").between(0, 1e6);
  f.add("fit_rounds", fit_rounds, "of closed-form learning before the first step").between(1, 1000);
}

ImageTemplates::ImageTemplates(ImageTemplatesSettings settings, uint64_t seed)
    : settings_(std::move(settings)), seed_(seed) {
  const auto& s = settings_;
  if (s.frames.empty()) base::user_error("image_templates: no frames; give one for each set of templates.");
  for (const auto& frame : s.frames)
    if (frame != "none" && frame != "size" && frame != "angle" && frame != "both")
      base::user_error("image_templates: frames has '{}'; each is 'none', 'size', 'angle' or 'both'.", frame);
  if (s.norm_bins < 1) base::user_error("image_templates: norm_bins = 0, and the first token is the brightness.");
  if ((s.size_low > 0 || s.size_high > 0) && !(s.size_low > 0 && s.size_high > s.size_low))
    base::user_error("image_templates: sizes from size_low = {} to size_high = {}; give both, rising, or neither.",
                     s.size_low, s.size_high);
  check_bands(s, kind());
  first_pose_.push_back(0);
  for (const auto& frame : frames_of(s)) first_pose_.push_back(first_pose_.back() + ImageFrame(frame).poses());
  if (!s.bands.empty() && !s.noise.empty() && s.size_low > 0) build();
}

void ImageTemplates::to(const at::Device& device) {
  device_ = device;
  parameters_.to(device);
}

int64_t ImageTemplates::vocabulary() const {
  return std::max({settings_.norm_bins, first_pose_.back(), int64_t{1} << settings_.token_bits});
}

void ImageTemplates::check_built() const {
  if (sets_.sets() == 0 || !sets_.learned())
    base::user_error("image_templates does not know its bands and templates yet: fit it to data first.");
}

void ImageTemplates::build() {
  auto& s = settings_;
  s.wavelengths_angstrom.resize(s.bands.size());
  s.widths_angstrom.resize(s.bands.size());
  sets_ = ImageTemplateSets(nn::Scope(parameters_, seed_), {frames_of(s), s.directions, s.tokens, s.token_bits},
                            int64_t(s.bands.size()), s.size);
  parameters_.to(device_);
}

std::vector<int64_t> ImageTemplates::places(const std::vector<modalities::Band>& bands) const {
  const auto& s = settings_;
  std::vector<int64_t> out;
  for (const auto& band : bands) {
    const auto known = std::find(s.bands.begin(), s.bands.end(), band.name);
    const bool left_out =
        std::find(s.left_out_bands.begin(), s.left_out_bands.end(), band.name) != s.left_out_bands.end();
    if (known == s.bands.end() && !left_out)
      base::user_error("image_templates was not trained with band '{}'; the nearest is '{}' of {}.", band.name,
                       base::nearest(band.name, s.bands), base::quoted_list(s.bands));
    const int64_t place = left_out ? -1 : int64_t(known - s.bands.begin());
    if (place >= 0 && std::find(out.begin(), out.end(), place) != out.end())
      base::user_error("image_templates: band '{}' is there twice.", band.name);
    out.push_back(place);
  }
  return out;
}

ImageTemplates::Input ImageTemplates::prepare(const modalities::Block& block) const {
  at::NoGradGuard no_grad;
  const InUnit given(block, "image", settings_.unit, kind());
  const auto& b = image_of(*given, kind());
  const double scale_seen = b.pixel_scale_arcsec, scale_known = settings_.pixel_scale_arcsec;
  if (scale_seen > 0 && scale_known > 0 && std::abs(scale_seen / scale_known - 1) > kSameScale)
    base::user_error(
        "image_templates learned from pixels of {} arcsec; these have {}: templates do not change with it.",
        scale_known, scale_seen);
  std::vector<int64_t> planes, slots;  // of the block; among the bands learned
  const auto found = places(b.bands);
  for (size_t i = 0; i < found.size(); ++i)
    if (found[i] >= 0) planes.push_back(int64_t(i)), slots.push_back(found[i]);
  const auto pixels = good_pixels(b, planes, settings_.size);
  const auto noise = at::tensor(settings_.noise, at::kDouble).view({1, -1, 1, 1});
  const auto all_bands = [&](const at::Tensor& x) {
    const int64_t side = settings_.size;
    return at::zeros({x.size(0), int64_t(settings_.bands.size()), side, side})
        .index_copy_(1, at::tensor(slots, at::kLong), x.to(at::kFloat));
  };
  const auto flux = all_bands(pixels.flux_MCSS);
  const auto ivar =
      b.has_ivar ? all_bands(pixels.ivar_MCSS) : all_bands(pixels.good_MCSS) * noise.pow(-2).to(at::kFloat);
  Input out{b.n, pixels.rows_M, brightness_ids(settings_, flux, ivar), {}, {}};
  const auto scale = (noise * brightness_of(settings_, out.norm_ids_M).view({-1, 1, 1, 1})).to(at::kFloat);
  out.flux_MCSS = (flux / scale).clamp_(-kLargest, kLargest);
  out.ivar_MCSS = (ivar * scale.square()).clamp_max_(1e30);
  return out;
}

ImageTemplates::Input ImageTemplates::prepare_all(const Lesson& lesson) const {
  std::vector<at::Tensor> flux, ivar, ids;
  Input out;
  for (const auto* block : lesson.blocks) {
    const auto one = prepare(*block);
    out.n += one.n;
    flux.push_back(one.flux_MCSS);
    ivar.push_back(one.ivar_MCSS);
    ids.push_back(one.norm_ids_M);
  }
  out.flux_MCSS = at::cat(flux);
  out.ivar_MCSS = at::cat(ivar);
  out.norm_ids_M = at::cat(ids);
  if (out.flux_MCSS.size(0) == 0)
    nn::nothing_to_learn("image_templates: none of the {} objects has a good pixel.", out.n);
  return out;
}

at::Tensor ImageTemplates::weight_of(const Input& input) const {
  const auto floor = input.flux_MCSS * settings_.error_floor;
  return input.ivar_MCSS / (input.ivar_MCSS * floor.square() + 1);
}

ImageCodes ImageTemplates::coded(Input& input) const {
  at::NoGradGuard no_grad;
  const auto sets = sets_.on_cpu();
  auto codes = sets.code(input.flux_MCSS, weight_of(input), measure_shapes(input.flux_MCSS));
  const auto lacking = input.ivar_MCSS.flatten(2).gt(0).any(2).logical_not();  // [M, C]
  const auto rows = at::nonzero(lacking.any(1)).squeeze(1);
  if (rows.size(0) == 0) return codes;
  const auto chosen = [&](const at::Tensor& x) { return x.index_select(0, rows); };
  Input part{0, {}, chosen(input.norm_ids_M), chosen(input.flux_MCSS), chosen(input.ivar_MCSS)};
  const auto unseen = chosen(lacking).unsqueeze(-1).unsqueeze(-1);
  ImageCodes best{chosen(codes.set_M), chosen(codes.pose_M), chosen(codes.ids_MT), chosen(codes.chi2_M)};
  for (int64_t i = 0; i < kCorrections; ++i) {
    const auto factor = brightness_of(settings_, part.norm_ids_M).view({-1, 1, 1, 1});
    const auto whole = at::where(unseen, sets.draw(best), part.flux_MCSS);
    const auto ids = brightness_ids(settings_, whole, part.ivar_MCSS + unseen * factor.square());
    if (at::equal(ids, part.norm_ids_M)) break;
    const auto change = factor / brightness_of(settings_, ids).view({-1, 1, 1, 1});
    part = {0, {}, ids, part.flux_MCSS * change, part.ivar_MCSS / change.square()};
    best = sets.code(part.flux_MCSS, weight_of(part), measure_shapes(part.flux_MCSS));
  }
  input.norm_ids_M.index_copy_(0, rows, part.norm_ids_M);
  input.flux_MCSS.index_copy_(0, rows, part.flux_MCSS);
  input.ivar_MCSS.index_copy_(0, rows, part.ivar_MCSS);
  codes.set_M.index_copy_(0, rows, best.set_M);
  codes.pose_M.index_copy_(0, rows, best.pose_M);
  codes.ids_MT.index_copy_(0, rows, best.ids_MT);
  codes.chi2_M.index_copy_(0, rows, best.chi2_M);
  return codes;
}

at::Tensor ImageTemplates::brightness(const at::Tensor& ids_NT) const {
  return brightness_of(settings_, ids_NT.select(1, 0).clamp_max(settings_.norm_bins - 1));
}

ImageCodes ImageTemplates::codes_of(const at::Tensor& ids_MT) const {
  const auto second = ids_MT.select(1, 1).clamp_max(first_pose_.back() - 1).contiguous();
  const auto after = at::searchsorted(at::tensor(first_pose_, at::kLong), second, false, /*right=*/true);
  ImageCodes out;
  out.set_M = after - 1;
  out.pose_M = second - at::tensor(first_pose_, at::kLong).index_select(0, out.set_M);
  const int64_t largest = (int64_t{1} << settings_.token_bits) - 1;
  out.ids_MT = ids_MT.narrow(1, kHead, settings_.tokens).clamp_max(largest);
  return out;
}

Tokens ImageTemplates::encode(const modalities::Block& block) const {
  const nn::Autocast exact(nn::Precision::fp32, parameters_.device().type());
  check_built();
  at::NoGradGuard no_grad;
  if (modalities::rows(block) > kRead)
    return encode_in_parts(block, kRead, [&](const modalities::Block& part) { return encode(part); });
  auto input = prepare(block);
  Tokens out{at::zeros({input.n, num_tokens()}, at::kLong), at::zeros({input.n}, at::kBool)};
  if (input.rows_M.size(0) == 0) return out;
  const auto codes = coded(input);
  const auto second = at::tensor(first_pose_, at::kLong).index_select(0, codes.set_M) + codes.pose_M;
  const auto ids = at::cat({input.norm_ids_M.unsqueeze(1), second.unsqueeze(1), codes.ids_MT}, 1);
  out.ids.index_copy_(0, input.rows_M, ids);
  out.present.index_fill_(0, input.rows_M, 1);
  return out;
}

modalities::Block ImageTemplates::decode(const Tokens& tokens, const DecodeRequest& request) const {
  const nn::Autocast exact(nn::Precision::fp32, parameters_.device().type());
  check_built();
  at::NoGradGuard no_grad;
  check_tokens(tokens, num_tokens(), vocabulary(), kind());
  const auto& s = settings_;
  auto bands = request.bands;
  if (bands.empty())
    for (size_t i = 0; i < s.bands.size(); ++i)
      bands.push_back({s.bands[i], s.wavelengths_angstrom[i], s.widths_angstrom[i]});
  const auto slots = places(bands);
  for (size_t i = 0; i < slots.size(); ++i)
    if (slots[i] < 0) base::user_error("image_templates: band '{}' was left out of what it learned.", bands[i].name);
  const double asked = request.pixel_scale_arcsec;
  if (asked > 0 && s.pixel_scale_arcsec > 0 && std::abs(asked / s.pixel_scale_arcsec - 1) > kSameScale)
    base::user_error("image_templates draws pixels of {} arcsec; {} are asked for.", s.pixel_scale_arcsec, asked);
  auto out = blank_images(s, std::move(bands), tokens.ids.size(0), request, kind());
  if (asked == 0) out.pixel_scale_arcsec = s.pixel_scale_arcsec;
  const auto rows = at::nonzero(tokens.present).squeeze(1), chosen = at::tensor(slots, at::kLong);
  const auto noise = at::tensor(s.noise, at::kFloat).index_select(0, chosen).view({1, -1, 1, 1});
  const auto flux = at::zeros({out.n, int64_t(slots.size()), out.height, out.width});
  nn::Answers answers;
  for (int64_t start = 0; start < rows.size(0); start += kDrawn) {
    const auto part = rows.narrow(0, start, std::min(kDrawn, rows.size(0) - start));
    const auto ids = tokens.ids.index_select(0, part);
    const auto scale = noise * brightness(ids).view({-1, 1, 1, 1});
    answers.add(sets_.draw(codes_of(ids)), [&, part, scale](const at::Tensor& drawn) {
      flux.index_copy_(0, part, crop_or_pad(drawn.index_select(1, chosen) * scale, out.height, out.width));
    });
  }
  answers.finish();
  fill_images(out, s, tokens.present, flux);
  return out;
}

at::Tensor ImageTemplates::vectors(const Tokens& tokens) const {
  check_built();
  at::NoGradGuard no_grad;
  check_tokens(tokens, num_tokens(), vocabulary(), kind());
  const int64_t sets = sets_.sets(), k = settings_.directions;
  auto out = at::zeros({tokens.ids.size(0), 1 + sets + 3 + k});
  const auto codes = codes_of(tokens.ids);
  out.select(1, 0).copy_(brightness(tokens.ids).log());
  for (int64_t set = 0; set < sets; ++set) {
    const auto rows = at::nonzero(codes.set_M == set).squeeze(1);
    const auto pose = codes.pose_M.index_select(0, rows);
    const auto& frame = sets_.frame(set);
    const auto angle = frame.angle(pose) * 2;
    const auto turned = frame.turns() ? at::ones_like(angle) : at::zeros_like(angle);
    const auto z = sets_.tokens(set).values(codes.ids_MT.index_select(0, rows));
    const auto part =
        at::cat({at::stack({at::cos(angle) * turned, at::sin(angle) * turned, frame.stretch(pose).log()}, 1),
                 z / sets_.tokens(set).variance().sqrt().clamp_min(1e-12)},
                1);
    out.select(1, 1 + set).index_fill_(0, rows, 1);
    out.narrow(1, 1 + sets, 3 + k).index_copy_(0, rows, part);
  }
  return out * tokens.present.unsqueeze(1);
}

void ImageTemplates::fit_all(const Lesson& lesson) {
  at::NoGradGuard no_grad;
  if (sets_.sets() > 0 && sets_.learned()) return;
  const auto before = settings_;
  try {
    std::vector<std::unique_ptr<InUnit>> kept;
    ImageBlocks blocks;
    for (const auto* block : lesson.blocks) {
      kept.push_back(std::make_unique<InUnit>(*block, "image", settings_.unit, kind()));
      blocks.push_back(&image_of(**kept.back(), kind()));
    }
    learn_settings(blocks);
    fit_templates(lesson);
  } catch (...) {
    settings_ = before;
    throw;
  }
}

void ImageTemplates::learn_settings(const ImageBlocks& blocks) {
  learn_bands(settings_, blocks, kind());
  check_bands(settings_, kind());
  for (const auto* block : blocks)
    if (settings_.pixel_scale_arcsec == 0) settings_.pixel_scale_arcsec = block->pixel_scale_arcsec;
}

void ImageTemplates::fit_templates(const Lesson& lesson) {
  auto& s = settings_;
  auto input = prepare_all(lesson);
  const auto whole = input.ivar_MCSS.flatten(2).gt(0).any(2).all(1);
  if (!whole.all().item<bool>()) {
    const auto rows = at::nonzero(whole).squeeze(1);
    for (auto* x : {&input.norm_ids_M, &input.flux_MCSS, &input.ivar_MCSS}) *x = x->index_select(0, rows);
  }
  const int64_t fewest = fewest_to_fit(s.directions) * int64_t(s.frames.size());
  if (input.flux_MCSS.size(0) < fewest)
    base::user_error(
        "image_templates: {} images with all of the bands {} to learn from, and {} are needed for {} sets of {} "
        "directions: give more (train.prepare_objects).",
        input.flux_MCSS.size(0), base::quoted_list(s.bands), fewest, s.frames.size(), s.directions);
  if (s.size_low == 0) {
    const auto bright = brightness_of(s, input.norm_ids_M) > kBright;
    const auto all = measure_shapes(input.flux_MCSS).size_M;
    const auto sizes = std::get<0>((bright.any().item<bool>() ? all.masked_select(bright) : all).sort());
    const int64_t edge = int64_t(kSizeTail * double(sizes.size(0)));
    s.size_low = std::max(sizes[edge].item<double>(), kSmallest);
    s.size_high = std::max(sizes[sizes.size(0) - 1 - edge].item<double>(), 1.01 * s.size_low);
  }
  if (sets_.sets() == 0) build();
  auto learned = sets_.on_cpu();
  fit_image_templates(learned, input.flux_MCSS, weight_of(input), s.fit_rounds);
  sets_.templates().copy_(learned.templates());
}

nn::Outcome ImageTemplates::learn(const Lesson& lesson) {
  const nn::Autocast exact(nn::Precision::fp32, parameters_.device().type());
  check_built();
  auto input = prepare_all(lesson);
  const auto there = [&](const at::Tensor& x) { return nn::sent(x, parameters_.device()); };
  const auto codes = coded(input);
  const auto weight = weight_of(input);
  const auto residual = there(input.flux_MCSS) - sets_.draw(codes);
  const auto ivar = there(input.ivar_MCSS), good = (ivar > 0).to(at::kFloat);
  const auto pixels = good.flatten(1).sum(1);
  nn::Outcome out;
  // half chi^2 per pixel, every object counting alike
  const auto each = (nn::huber(residual * there(weight).sqrt(), settings_.huber_sigma) * good).flatten(1).sum(1);
  out.loss = (each / pixels.clamp_min(1)).mean();
  out.weight = double(input.flux_MCSS.size(0));
  at::NoGradGuard no_grad;
  out.figures["reconstruction"] = out.loss.detach();
  out.figures["chi2_per_pixel"] = (residual.detach().square() * ivar).sum() / pixels.sum();
  return out;
}

void ImageTemplates::save(const std::filesystem::path& folder) const {
  check_built();
  auto copy = settings_;
  write_folder(folder, kind(), config::to_json(config::fields_of(copy)), parameters_);
}

}  // namespace asterism::tokenizers
