#include "data/surveys/mapped_files.h"

#include <fmt/format.h>

#include <algorithm>

namespace asterism::data {

MappedFiles::MappedFiles(const Mapping& mapping, const std::filesystem::path& mapping_folder) {
  const auto open = [&](const auto& settings, const char* table, auto& readers) {
    using Reader = typename std::decay_t<decltype(readers)>::mapped_type;
    for (const auto& [name, one] : settings) {
      readers.emplace(name, Reader(name, one, mapping_folder));
      keys_[name] = fmt::format("[{}.{}]", table, name);
      if (!one.description.empty()) descriptions_[name] = one.description;
    }
  };
  open(mapping.images, "images", images_);
  open(mapping.spectra, "spectra", spectra_);
  open(mapping.cubes, "cubes", cubes_);
  open(mapping.light_curves, "light_curves", light_curves_);
}

std::vector<std::string> MappedFiles::columns() const {
  std::vector<std::string> out;
  const auto add = [&](const std::vector<std::string>& more) { out.insert(out.end(), more.begin(), more.end()); };
  for (const auto& [name, reader] : images_) add(reader.columns());
  for (const auto& [name, reader] : spectra_) add(reader.columns());
  for (const auto& [name, reader] : cubes_) add(reader.columns());
  for (const auto& [name, reader] : light_curves_) add(reader.columns());
  return out;
}

std::map<std::string, modalities::Block> MappedFiles::read(const RowText& text, const modalities::ObjectKey& object,
                                                           const std::filesystem::path& table_folder) {
  std::map<std::string, modalities::Block> out;
  for (auto& [name, reader] : images_) {
    if (auto block = reader.read(text, object, table_folder)) out.emplace(name, std::move(*block));
  }
  for (auto& [name, reader] : spectra_) {
    if (auto block = reader.read(text, table_folder)) out.emplace(name, std::move(*block));
  }
  for (auto& [name, reader] : cubes_) {
    if (auto block = reader.read(text, object, table_folder)) out.emplace(name, std::move(*block));
  }
  for (auto& [name, reader] : light_curves_) {
    if (auto block = reader.read(text, object, table_folder)) out.emplace(name, std::move(*block));
  }
  return out;
}

void MappedFiles::learn(const std::map<std::string, modalities::Block>& blocks) {
  for (const auto& [name, block] : blocks) examples_.emplace(name, modalities::select(block, {}));
}

std::vector<std::string> MappedFiles::unknown() const {
  std::vector<std::string> out;
  for (const auto& [name, key] : keys_) {
    if (examples_.count(name) == 0) out.push_back(key);
  }
  return out;
}

std::vector<std::string> MappedFiles::notes() const {
  std::vector<std::string> out;
  for (const auto& [name, example] : examples_) {
    const auto* image = std::get_if<modalities::ImageBlock>(&example);
    const auto* spectrum = std::get_if<modalities::SpectrumBlock>(&example);
    const auto* cube = std::get_if<modalities::CubeBlock>(&example);
    const std::string unit = image != nullptr      ? image->unit
                             : spectrum != nullptr ? spectrum->unit
                             : cube != nullptr     ? cube->unit
                                                   : "";
    if (unit == "counts")
      out.push_back(fmt::format("{}: neither files nor mapping say what its fluxes are in: kept as counts", name));
    if (image != nullptr && !image->has_ivar)
      out.push_back(fmt::format("{}: no ivar, variance or error: its pixels have no noise", name));
    const auto nameless = [](const modalities::Band& band) { return band.wavelength_angstrom == 0; };
    if (image != nullptr && std::any_of(image->bands.begin(), image->bands.end(), nameless))
      out.push_back(
          fmt::format("{}: bands without a wavelength: models that know bands by it will not read them", name));
  }
  return out;
}

void MappedFiles::add(std::vector<std::map<std::string, modalities::Block>> rows, modalities::Batch& batch) const {
  for (const auto& [name, example] : examples_) {
    std::vector<modalities::Block> blocks;
    blocks.reserve(rows.size());
    for (auto& row : rows) {
      const auto found = row.find(name);
      blocks.push_back(found == row.end() ? modalities::absent_like(example, 1) : std::move(found->second));
    }
    batch.blocks.emplace(name, modalities::concatenate(blocks));
  }
}

}  // namespace asterism::data
