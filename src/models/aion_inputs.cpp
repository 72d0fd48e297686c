#include "models/aion_inputs.h"

#include <algorithm>

#include "base/error.h"
#include "models/wrap.h"
#include "tokenizers/all.h"

namespace asterism::models {
namespace {

// Modalities that our datasets know under another name than the codec's folder.
const std::map<std::string, std::string> kNames{
    {"tok_image", "image_legacy"},
    {"tok_image_hsc", "image_hsc"},
    {"tok_spectrum_desi", "spectrum_desi"},
    {"tok_spectrum_sdss", "spectrum_sdss"},
    {"tok_flux_g", "flux_g"},
    {"tok_flux_r", "flux_r"},
    {"tok_flux_i", "flux_i"},
    {"tok_flux_z", "flux_z"},
    {"tok_flux_w1", "flux_w1"},
    {"tok_flux_w2", "flux_w2"},
    {"tok_ebv", "ebv"},
    {"tok_z", "redshift"},
    {"tok_segmap", "maps_segmentation"},
    {"catalog", "catalog_legacy"},
};

std::vector<std::string> names_of(const std::vector<AionInputs::Reader>& readers) {
  std::vector<std::string> out;
  out.reserve(readers.size());
  for (const auto& r : readers) out.push_back(r.modality);
  return out;
}

}  // namespace

std::string aion_modality_name(const AionModality& facts) {
  const auto found = kNames.find(facts.key);
  return found == kNames.end() ? facts.codec : found->second;
}

AionInputs::AionInputs(std::vector<Reader> readers) : readers_(std::move(readers)) {
  std::sort(readers_.begin(), readers_.end(), [](const auto& a, const auto& b) { return a.modality < b.modality; });
}

AionInputs::AionInputs(const AionNetwork& network, const std::filesystem::path& folder) {
  std::vector<Reader> found;
  for (const auto& m : network.modalities) {
    const auto path = folder / "codecs" / m.facts.codec;
    if (std::filesystem::exists(path / "config.json"))
      found.push_back({aion_modality_name(m.facts), m.facts.key, path});
  }
  std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.modality < b.modality; });
  readers_ = std::move(found);
}

std::vector<std::string> AionInputs::modalities() const { return names_of(readers_); }

const AionInputs::Reader& AionInputs::reader(const std::string& modality) const {
  for (const auto& r : readers_)
    if (r.modality == modality) return r;
  if (readers_.empty())
    base::user_error("this model has no codecs that read observations: put them into its folder codecs/");
  base::user_error("this model cannot read '{}'; the nearest that it can is '{}'", modality,
                   base::nearest(modality, names_of(readers_)));
}

const tokenizers::Tokenizer& AionInputs::codec(const std::string& modality) const {
  const auto& r = reader(modality);
  if (r.codec) return *r.codec;
  const std::lock_guard lock(loading_);
  auto& held = loaded_[std::filesystem::weakly_canonical(r.folder)];  // modalities may share one, by name or by link
  if (!held) {
    held = tokenizers::load_tokenizer(r.folder);
    held->to(device_);
  }
  return *held;
}

void AionInputs::to(const at::Device& device) {
  const std::lock_guard lock(loading_);
  device_ = device;
  for (auto& entry : loaded_) entry.second->to(device);
  for (auto& r : readers_)
    if (r.codec) r.codec->to(device);
}

std::vector<AionTokens> AionInputs::tokens(const modalities::Batch& batch,
                                           const std::vector<std::string>& names) const {
  for (const auto& name : names) reader(name);
  std::vector<AionTokens> out;
  for (const auto& r : readers_) {
    const auto block = batch.blocks.find(r.modality);
    const bool wanted = names.empty() || std::find(names.begin(), names.end(), r.modality) != names.end();
    if (!wanted || block == batch.blocks.end()) continue;
    if (modalities::rows(block->second) != batch.size())
      base::data_error("'{}' has {} rows for {} objects", r.modality, modalities::rows(block->second), batch.size());
    const auto tokens = codec(r.modality).encode(block->second);
    auto hidden = tokens.present.logical_not().unsqueeze(1).expand(tokens.ids.sizes());
    const auto* facts = find_aion_modality(r.key);
    if (facts != nullptr && facts->sequence) hidden = tokens.ids.eq(0);  // sequences are as long as they are
    out.push_back({r.key, tokens.ids, hidden});
  }
  return out;
}

void AionInputs::save(const std::filesystem::path& folder, const AionNetwork& network) const {
  for (const auto& r : readers_) {
    std::string name = r.key;
    for (const auto& m : network.modalities)
      if (m.facts.key == r.key) name = m.facts.codec;
    if (std::filesystem::exists(folder / "codecs" / name)) continue;
    std::filesystem::create_directories(folder / "codecs");
    codec(r.modality).save(folder / "codecs" / name);
  }
}

}  // namespace asterism::models
