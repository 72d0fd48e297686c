#include "models/observation_key.h"

#include <algorithm>
#include <type_traits>

#include "base/crc32c.h"

namespace asterism::models {
namespace {

using namespace modalities;

// Goes on with a row's numbers; of each row that is padded, its first `used`.
class Sum {
 public:
  Sum(int64_t row, int64_t rows, uint32_t before) : row_(size_t(row)), rows_(size_t(rows)), sum_(before) {}

  template <class Values>
  Sum& add(const Values& values, int64_t used = -1) {
    const size_t each = values.size() / rows_;
    return add_from(values, row_ * each, used < 0 ? each : std::min(each, size_t(used)));
  }
  template <class Values>
  Sum& add_from(const Values& values, size_t first, size_t count) {
    sum_ = base::crc32c(values.data() + first, count * sizeof(values[0]), sum_);
    return *this;
  }
  uint32_t value() const { return sum_; }

 private:
  size_t row_, rows_;
  uint32_t sum_;
};

uint32_t of_text(const std::string& text, uint32_t before) {
  const uint64_t length = text.size();
  return base::crc32c(text.data(), text.size(), base::crc32c(&length, sizeof length, before));
}

// What the numbers of a block stand for, where the block says it once for all rows.
template <class Of>
uint32_t meaning_of(const Of& block, uint32_t sum) {
  if constexpr (requires { block.unit; }) sum = of_text(block.unit, sum);
  if constexpr (requires { block.pixel_scale_arcsec; })
    sum = base::crc32c(&block.pixel_scale_arcsec, sizeof block.pixel_scale_arcsec, sum);
  if constexpr (std::is_same_v<Of, ImageBlock>)
    for (const auto& band : block.bands) {
      const double filter[] = {band.wavelength_angstrom, band.width_angstrom};
      sum = base::crc32c(filter, sizeof filter, of_text(band.name, sum));
    }
  return sum;
}

// Padding differs between batches: it begins behind the last wavelength.
template <class Padded>
int64_t used_of(const Padded& block, int64_t row) {
  int64_t used = block.length;
  while (used > 0 && !(block.wavelength_angstrom[size_t(row * block.length + used - 1)] > 0)) --used;
  return used;
}

uint32_t content_of(const ImageBlock& b, int64_t row, uint32_t before) {
  const int64_t shape[] = {int64_t(b.bands.size()), b.height, b.width};
  Sum sum(row, b.n, base::crc32c(shape, sizeof shape, before));
  return sum.add(b.flux).add(b.ivar).add(b.mask).add(b.psf_fwhm_arcsec).value();
}

uint32_t content_of(const SpectrumBlock& b, int64_t row, uint32_t before) {
  const int64_t used = used_of(b, row);
  Sum sum(row, b.n, before);
  sum.add(b.wavelength_angstrom, used).add(b.flux, used).add(b.ivar, used).add(b.mask, used);
  return sum.add(b.lsf_sigma_angstrom, used).value();
}

uint32_t content_of(const ScalarBlock& b, int64_t row, uint32_t before) {
  return Sum(row, b.n, before).add(b.value).add(b.error).value();
}

uint32_t content_of(const VectorBlock& b, int64_t row, uint32_t before) {
  return Sum(row, b.n, before).add(b.value).value();
}

uint32_t content_of(const LightCurveBlock& b, int64_t row, uint32_t before) {
  const int64_t used = b.count[size_t(row)];
  Sum sum(row, b.n, before);
  sum.add(b.time_day, used).add(b.band, used).add(b.value, used).add(b.error, used);
  return sum.add(b.mask, used).add(b.upper_limit, used).value();
}

uint32_t content_of(const CatalogBlock& b, int64_t row, uint32_t before) {
  const auto used = size_t(b.count[size_t(row)]), columns = b.columns.size(), length = size_t(b.length);
  Sum sum(row, b.n, before);
  for (size_t c = 0; c < columns; ++c) {
    const size_t first = (size_t(row) * columns + c) * length;
    sum.add_from(b.value, first, used).add_from(b.mask, first, used);
  }
  return sum.value();
}

uint32_t content_of(const MapBlock& b, int64_t row, uint32_t before) {
  const int64_t shape[] = {int64_t(b.layers.size()), b.height, b.width};
  return Sum(row, b.n, base::crc32c(shape, sizeof shape, before)).add(b.value).add(b.ivar).add(b.mask).value();
}

uint32_t content_of(const CubeBlock& b, int64_t row, uint32_t before) {
  const int64_t used = used_of(b, row), spaxels = b.height * b.width, shape[] = {b.height, b.width};
  Sum sum(row, b.n, base::crc32c(shape, sizeof shape, before));
  sum.add(b.wavelength_angstrom, used).add(b.lsf_sigma_angstrom, used);
  return sum.add(b.flux, used * spaxels).add(b.ivar, used * spaxels).add(b.mask, used * spaxels).value();
}

uint32_t content(const Block& block, int64_t row, uint32_t before) {
  return std::visit([&](const auto& one) { return content_of(one, row, meaning_of(one, before)); }, block);
}

}  // namespace

ObservationKey observation_key(const Block& block, int64_t row, uint64_t object) {
  return {object, content(block, row, 0)};
}

ObservationKey observation_key(const Batch& batch, const std::vector<std::string>& names, int64_t row) {
  ObservationKey key{batch.objects[size_t(row)].hash(), 0};
  for (const auto& name : names) {
    const auto found = batch.blocks.find(name);
    if (found == batch.blocks.end() || present(found->second)[size_t(row)] == 0) continue;
    key.content = content(found->second, row, base::crc32c(name.data(), name.size(), key.content));
  }
  return key;
}

}  // namespace asterism::models
