#include "eval/gap_filler.h"

#include <utility>
#include <vector>

#include "eval/rebuild.h"
#include "models/astroclip.h"
#include "models/masked_spectrum.h"
#include "models/specformer_loss.h"
#include "models/without_pixels.h"

namespace asterism::eval {
namespace {

using modalities::SpectrumBlock;

constexpr int64_t kPatch = 96, kInARow = 2;
constexpr double kShare = 0.4;

// These fluxes, masked where nothing is rebuilt.
SpectrumBlock rebuilt_of(const SpectrumBlock& observed, const at::Tensor& flux_NL, const at::Tensor& rebuilt_NL) {
  auto out = observed;
  const auto flux = flux_NL.to(at::kCPU).to(at::kFloat).contiguous();
  const auto there = rebuilt_NL.to(at::kCPU).contiguous();
  for (size_t at = 0; at < out.flux.size(); ++at) {
    out.flux[at] = flux.const_data_ptr<float>()[at];
    out.mask[at] = there.const_data_ptr<bool>()[at] ? 0 : 1;
  }
  return out;
}

class OfMasked : public GapFiller {
 public:
  explicit OfMasked(const models::MaskedSpectrum& model) : model_(model) {}
  std::string modality() const override { return model_.settings().modality; }
  at::Tensor hidden(const modalities::Batch& batch) const override {
    const auto& spectra = std::get<SpectrumBlock>(batch.blocks.at(modality()));
    return models::pixels_of_patches(model_.hidden_patches(batch, {0, 0, false}), model_.settings().patch,
                                     spectra.length);
  }
  Filled fill(const SpectrumBlock& spectra, const at::Tensor& hidden_NL) const override {
    const int64_t patch = model_.settings().patch;
    const auto first = at::arange(0, spectra.length, patch, at::kLong);  // a patch is hidden whole
    const auto flux = model_.rebuild(spectra, hidden_NL.index_select(1, first).contiguous());
    return {spectra, rebuilt_of(spectra, flux, hidden_NL)};
  }

 private:
  const models::MaskedSpectrum& model_;
};

class OfSpecFormer : public GapFiller {
 public:
  explicit OfSpecFormer(const models::AstroClip& model) : model_(model) {}
  std::string modality() const override { return model_.settings().spectrum_input.modality; }
  Filled fill(const SpectrumBlock& spectra, const at::Tensor& hidden_NL) const override {
    const auto made = models::rebuild_spectra(model_.spectrum_encoder(), spectra, model_.settings().spectrum_input,
                                              hidden_NL, model_.device());
    return {spectra, rebuilt_of(spectra, made.flux_BL, hidden_NL.logical_and(made.covered_BL))};
  }

 private:
  const models::AstroClip& model_;
};

class OfTokenizer : public GapFiller {
 public:
  OfTokenizer(const tokenizers::Tokenizer& tokenizer, std::string modality, Calibration calibration)
      : tokenizer_(tokenizer), modality_(std::move(modality)), calibration_(std::move(calibration)) {}
  std::string modality() const override { return modality_; }
  Filled fill(const SpectrumBlock& spectra, const at::Tensor& hidden_NL) const override {
    const modalities::Block whole = calibration_.empty() ? spectra : calibrated(spectra, calibration_);
    const auto tokens = tokenizer_.encode(models::without_pixels(std::get<SpectrumBlock>(whole), hidden_NL));
    const auto drawn = decode_onto(tokenizer_, tokens, whole);
    Filled out{std::get<SpectrumBlock>(in_unit_of(drawn, whole)), std::get<SpectrumBlock>(drawn)};
    const auto hidden = hidden_NL.contiguous();
    for (size_t at = 0; at < out.rebuilt.mask.size(); ++at)
      if (!hidden.const_data_ptr<bool>()[at]) out.rebuilt.mask[at] = 1;
    return out;
  }

 private:
  const tokenizers::Tokenizer& tokenizer_;
  std::string modality_;
  Calibration calibration_;
};

}  // namespace

at::Tensor GapFiller::hidden(const modalities::Batch& batch) const {
  const auto& spectra = std::get<SpectrumBlock>(batch.blocks.at(modality()));
  const int64_t L = spectra.length, P = (L + kPatch - 1) / kPatch;
  std::vector<uint8_t> usable(size_t(spectra.n * P), 0);
  for (int64_t i = 0; i < spectra.n; ++i)
    for (int64_t k = 0; k < L; ++k) {
      const auto at = size_t(i * L + k);
      if (spectra.mask[at] == 0 && spectra.ivar[at] > 0 && spectra.wavelength_angstrom[at] > 0)
        usable[size_t(i * P + k / kPatch)] = 1;
    }
  std::vector<uint64_t> hashes;
  for (const auto& object : batch.objects) hashes.push_back(object.hash());
  auto hidden = models::draw_hidden(usable, P, kShare, kInARow, hashes, {0, 0, false});
  return models::pixels_of_patches(at::from_blob(hidden.data(), {spectra.n, P}, at::kByte).to(at::kBool), kPatch, L);
}

std::unique_ptr<GapFiller> gap_filler(const models::Model& model) {
  if (const auto* masked = dynamic_cast<const models::MaskedSpectrum*>(&model))
    return std::make_unique<OfMasked>(*masked);
  const auto* clip = dynamic_cast<const models::AstroClip*>(&model);
  if (clip != nullptr && clip->settings().has("spectrum") && clip->settings().embedding == 0)
    return std::make_unique<OfSpecFormer>(*clip);
  return nullptr;
}

std::unique_ptr<GapFiller> gap_filler(const tokenizers::Tokenizer& tokenizer, const std::string& modality,
                                      const Calibration& calibration) {
  return std::make_unique<OfTokenizer>(tokenizer, modality, calibration);
}

}  // namespace asterism::eval
