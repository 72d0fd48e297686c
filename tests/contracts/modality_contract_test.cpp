// What every modality of modalities::all() promises, whatever its kind.

#include <gtest/gtest.h>

#include <cstring>

#include "base/random.h"
#include "modalities/all.h"
#include "modalities/catalog.h"
#include "modalities/cube.h"
#include "modalities/image.h"
#include "modalities/light_curve.h"
#include "modalities/map.h"
#include "modalities/scalar.h"
#include "modalities/spectrum.h"
#include "modalities/vector.h"

namespace asterism::modalities {
namespace {

template <class T>
std::vector<unsigned char> bytes_of(const base::AlignedVector<T>& values) {
  std::vector<unsigned char> out(values.size() * sizeof(T));
  if (!out.empty()) std::memcpy(out.data(), values.data(), out.size());
  return out;
}

std::vector<std::vector<unsigned char>> contents(const Block& block) {
  if (const auto* b = std::get_if<ImageBlock>(&block))
    return {bytes_of(b->present), bytes_of(b->flux), bytes_of(b->ivar), bytes_of(b->mask),
            bytes_of(b->psf_fwhm_arcsec)};
  if (const auto* b = std::get_if<SpectrumBlock>(&block))
    return {bytes_of(b->present), bytes_of(b->wavelength_angstrom), bytes_of(b->flux), bytes_of(b->ivar),
            bytes_of(b->mask),    bytes_of(b->lsf_sigma_angstrom)};
  if (const auto* b = std::get_if<MapBlock>(&block))
    return {bytes_of(b->present), bytes_of(b->value), bytes_of(b->ivar), bytes_of(b->mask)};
  if (const auto* b = std::get_if<CubeBlock>(&block))
    return {bytes_of(b->present),
            bytes_of(b->wavelength_angstrom),
            bytes_of(b->lsf_sigma_angstrom),
            bytes_of(b->flux),
            bytes_of(b->ivar),
            bytes_of(b->mask)};
  if (const auto* b = std::get_if<VectorBlock>(&block)) return {bytes_of(b->present), bytes_of(b->value)};
  if (const auto* b = std::get_if<LightCurveBlock>(&block))
    return {bytes_of(b->present), bytes_of(b->count), bytes_of(b->time_day), bytes_of(b->band),
            bytes_of(b->value),   bytes_of(b->error), bytes_of(b->mask),     bytes_of(b->upper_limit)};
  if (const auto* b = std::get_if<CatalogBlock>(&block))
    return {bytes_of(b->present), bytes_of(b->count), bytes_of(b->value), bytes_of(b->mask)};
  const auto& b = std::get<ScalarBlock>(block);
  return {bytes_of(b.present), bytes_of(b.value), bytes_of(b.error)};
}

LightCurveBlock example_curves(int64_t n, const std::string& unit, base::Random& random) {
  LightCurveBlock b = make_light_curves(n, 9, {{"g", 4800, 1300}, {"r", 0, 0}}, unit, "MJD");
  for (int64_t row = 0; row < n; ++row) {
    if (row % 3 == 1) continue;
    std::vector<LightCurvePoint> points;
    for (uint64_t k = random.below(10); k > 0; --k)
      points.push_back({random.uniform(58000, 60000), int32_t(random.below(2)), float(random.normal()),
                        float(random.exponential()), random.below(10) == 0, random.below(5) == 0});
    set_points(b, row, points);
  }
  return b;
}

CatalogBlock example_lists(int64_t n, base::Random& random) {
  CatalogBlock b = make_catalogs(n, 5, {{"X", "pixel"}, {"Y", "pixel"}, {"SHAPE_R", "arcsec"}});
  for (int64_t row = 0; row < n; ++row) {
    if (row % 3 == 1) continue;
    b.present[size_t(row)] = 1;
    b.count[size_t(row)] = int32_t(random.below(6));
    for (int64_t i = 0; i < 15; ++i) {
      if (i % 5 >= b.count[size_t(row)] || random.below(10) == 0) continue;
      b.value[size_t(row * 15 + i)] = float(random.normal());
      b.mask[size_t(row * 15 + i)] = 0;
    }
  }
  return b;
}

VectorBlock example_vectors(int64_t n, base::Random& random) {
  VectorBlock b = make_vectors(n, 7);
  for (int64_t i = 0; i < n * 7; ++i) {
    if (i / 7 % 3 == 1) continue;
    b.present[size_t(i / 7)] = 1;
    b.value[size_t(i)] = float(random.normal());
  }
  return b;
}

// A block of n rows, every third absent, one value in ten masked.
Block example_block(const Known& known, int64_t n, uint64_t seed) {
  base::Random random(seed, 0, 0, known.name);
  const std::string unit(known.unit);
  const auto fill = [&](auto& b, int64_t width) {
    for (int64_t i = 0; i < n * width; ++i) {
      if (!b.present[size_t(i / width)]) continue;
      const bool masked = random.below(10) == 0;
      b.mask[size_t(i)] = masked;
      b.flux[size_t(i)] = float(random.normal());
      b.ivar[size_t(i)] = masked ? 0 : float(random.exponential());
    }
  };
  if (known.kind == "image") {
    ImageBlock b = make_images(n, {{"a", 5000, 1000}, {"b", 0, 0}}, 6, 4, unit, 0.2, true);
    for (int64_t i = 0; i < n; ++i) b.present[size_t(i)] = i % 3 != 1;
    fill(b, 48);
    return b;
  }
  if (known.kind == "spectrum") {
    SpectrumBlock b = make_spectra(n, 11, unit);
    for (int64_t i = 0; i < n; ++i) {
      b.present[size_t(i)] = i % 3 != 1;
      for (int64_t k = 0; k < 11; ++k) b.wavelength_angstrom[size_t(i * 11 + k)] = 4000 + float(i + 2 * k);
    }
    fill(b, 11);
    return b;
  }
  if (known.kind == "cube") {
    CubeBlock b = make_cubes(n, 5, 3, 4, unit, 0.5);
    for (int64_t i = 0; i < n; ++i) {
      b.present[size_t(i)] = i % 3 != 1;
      for (int64_t k = 0; k < 5; ++k) b.wavelength_angstrom[size_t(i * 5 + k)] = 4000 + float(i + 2 * k);
    }
    fill(b, 5 * 12);
    return b;
  }
  if (known.kind == "map") {
    MapBlock b = make_maps(n, {{"source", ""}, {"velocity", "km/s"}}, 3, 4, 0.5, false, true);
    ImageBlock images = as_images(b);
    for (int64_t i = 0; i < n; ++i) images.present[size_t(i)] = i % 3 != 1;
    fill(images, 24);
    return as_maps(images, b.layers, false);
  }
  if (known.kind == "light_curve") return example_curves(n, unit, random);
  if (known.kind == "catalog") return example_lists(n, random);
  if (known.kind == "vector") return example_vectors(n, random);
  ScalarBlock b = make_scalars(n, unit, true);
  for (int64_t i = 0; i < n; ++i)
    if ((b.present[size_t(i)] = i % 3 != 1)) {
      b.value[size_t(i)] = random.normal();
      b.error[size_t(i)] = random.exponential();
    }
  return b;
}

class ModalityContract : public ::testing::TestWithParam<Known> {};

TEST_P(ModalityContract, ExampleKeepsThePromises) {
  const Block block = example_block(GetParam(), 7, 1);
  EXPECT_NO_THROW(check(std::string(GetParam().name), block));
  EXPECT_EQ(kind(block), GetParam().kind);
  EXPECT_EQ(rows(block), 7);
  EXPECT_EQ(present(block)[1], 0);
}

TEST_P(ModalityContract, SelectedAndJoinedAgainItIsTheSame) {
  const Block block = example_block(GetParam(), 7, 2);
  const Block joined =
      concatenate(std::vector<Block>{select(block, {0, 1, 2}), select(block, {}), select(block, {3, 4, 5, 6})});
  EXPECT_EQ(contents(joined), contents(block));
  const Block shuffled = select(block, {6, 5, 4, 3, 2, 1, 0});
  EXPECT_NE(contents(shuffled), contents(block));
  EXPECT_EQ(contents(select(shuffled, {6, 5, 4, 3, 2, 1, 0})), contents(block));
  EXPECT_NO_THROW(check("joined", joined));
}

TEST_P(ModalityContract, AbsentRowsArePlainlyAbsent) {
  const Block block = example_block(GetParam(), 3, 3), absent = absent_like(block, 4);
  EXPECT_NO_THROW(check("absent", absent));
  EXPECT_EQ(rows(absent), 4);
  for (const uint8_t flag : present(absent)) EXPECT_EQ(flag, 0);
  const Block both = concatenate(std::vector<Block>{block, absent});
  EXPECT_NO_THROW(check("both", both));
  EXPECT_EQ(rows(both), 7);
}

TEST_P(ModalityContract, UnitIsTheCanonicalOne) {
  const Block block = example_block(GetParam(), 1, 4);
  std::string unit;
  if (const auto* image = std::get_if<ImageBlock>(&block)) unit = image->unit;
  if (const auto* spectrum = std::get_if<SpectrumBlock>(&block)) unit = spectrum->unit;
  if (const auto* scalar = std::get_if<ScalarBlock>(&block)) unit = scalar->unit;
  if (const auto* cube = std::get_if<CubeBlock>(&block)) unit = cube->unit;
  if (const auto* curve = std::get_if<LightCurveBlock>(&block)) unit = curve->unit;
  EXPECT_EQ(unit, GetParam().unit);
}

INSTANTIATE_TEST_SUITE_P(All, ModalityContract, ::testing::ValuesIn(all().begin(), all().end()),
                         [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace asterism::modalities
