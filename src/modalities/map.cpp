#include "modalities/map.h"

#include <cmath>

#include "base/error.h"
#include "modalities/rows.h"

namespace asterism::modalities {
namespace {

int64_t pixels_of(const MapBlock& block) { return int64_t(block.layers.size()) * block.height * block.width; }

void check_pixel(const std::string& name, const MapBlock& block, int64_t row, int64_t i) {
  const float value = block.value[size_t(i)], ivar = block.ivar[size_t(i)];
  const uint8_t mask = block.mask[size_t(i)];
  const bool label = !block.integer || (value >= 0 && value <= float(kGreatestLabel) && value == std::floor(value));
  const bool good = std::isfinite(value) && label && std::isfinite(ivar) && ivar >= 0 && mask <= 1 &&
                    (mask == 0 || ivar == 0) && (block.present[size_t(row)] != 0 || (mask == 1 && value == 0));
  if (good) return;
  const int64_t plane = block.height * block.width, in_layer = i % plane;
  base::data_error(
      "{}, row {}, layer {}, pixel ({}, {}): value {}, ivar {}, mask {}, present {}; values and ivar must be finite{}, "
      "ivar >= 0 and 0 where masked, mask 0 or 1, and an absent map all zero and masked",
      name, row, block.layers[size_t((i / plane) % int64_t(block.layers.size()))].name, in_layer / block.width,
      in_layer % block.width, value, ivar, mask, block.present[size_t(row)],
      block.integer ? ", labels whole numbers from 0 to 2^24" : "");
}

}  // namespace

void check(const std::string& name, const MapBlock& block) {
  if (block.n < 0 || block.height < 0 || block.width < 0)
    base::data_error("{}: {} maps of {} x {} pixels; sizes cannot be negative", name, block.n, block.height,
                     block.width);
  const int64_t size = pixels_of(block);
  check_size(name, "present", block.present.size(), block.n, 1);
  check_size(name, "value", block.value.size(), block.n, size);
  check_size(name, "ivar", block.ivar.size(), block.n, size);
  check_size(name, "mask", block.mask.size(), block.n, size);
  check_present(name, block.present);
  if (!(block.pixel_scale_arcsec >= 0) || !std::isfinite(block.pixel_scale_arcsec))
    base::data_error("{}: pixel scale {} arcsec; it must be positive, or 0 where unknown", name,
                     block.pixel_scale_arcsec);
  for (int64_t row = 0; row < block.n; ++row)
    for (int64_t i = row * size; i < (row + 1) * size; ++i) check_pixel(name, block, row, i);
}

MapBlock make_maps(int64_t n, std::vector<MapLayer> layers, int64_t height, int64_t width, double pixel_scale_arcsec,
                   bool integer, bool has_ivar) {
  MapBlock block;
  block.n = n;
  block.height = height;
  block.width = width;
  block.layers = std::move(layers);
  block.pixel_scale_arcsec = pixel_scale_arcsec;
  block.integer = integer;
  block.has_ivar = has_ivar;
  const size_t size = size_t(n) * size_t(pixels_of(block));
  block.present.assign(size_t(n), 0);
  block.value.assign(size, 0);
  block.ivar.assign(size, 0);
  block.mask.assign(size, 1);
  return block;
}

MapBlock absent_like(const MapBlock& block, int64_t n) {
  return make_maps(n, block.layers, block.height, block.width, block.pixel_scale_arcsec, block.integer, block.has_ivar);
}

MapBlock select(const MapBlock& block, const std::vector<int64_t>& rows) {
  MapBlock out = absent_like(block, 0);
  out.n = int64_t(rows.size());
  const int64_t size = pixels_of(block);
  take_rows(block.present, rows, block.n, 1, out.present);
  take_rows(block.value, rows, block.n, size, out.value);
  take_rows(block.ivar, rows, block.n, size, out.ivar);
  take_rows(block.mask, rows, block.n, size, out.mask);
  return out;
}

MapBlock concatenate(const std::vector<const MapBlock*>& blocks) {
  ASTERISM_CHECK(!blocks.empty());
  const MapBlock& first = *blocks.front();
  MapBlock out = absent_like(first, 0);
  for (const MapBlock* block : blocks) {
    if (block->layers != first.layers || block->integer != first.integer)
      base::data_error("maps of {} layers beginning with {} cannot be joined to maps of {} layers beginning with {}",
                       block->layers.size(), block->layers.empty() ? "none" : block->layers[0].name,
                       first.layers.size(), first.layers.empty() ? "none" : first.layers[0].name);
    if (block->height != first.height || block->width != first.width)
      base::data_error("maps of {} x {} pixels cannot be joined to maps of {} x {}", block->height, block->width,
                       first.height, first.width);
    if (block->pixel_scale_arcsec != first.pixel_scale_arcsec)
      base::data_error("maps of {} arcsec per pixel cannot be joined to maps of {}", block->pixel_scale_arcsec,
                       first.pixel_scale_arcsec);
    out.n += block->n;
    out.has_ivar = out.has_ivar || block->has_ivar;
    append_rows(block->present, out.present);
    append_rows(block->value, out.value);
    append_rows(block->ivar, out.ivar);
    append_rows(block->mask, out.mask);
  }
  return out;
}

ImageBlock as_images(MapBlock maps) {
  ImageBlock out;
  out.n = maps.n;
  out.height = maps.height;
  out.width = maps.width;
  for (const MapLayer& layer : maps.layers) out.bands.push_back({layer.name, 0, 0});
  out.pixel_scale_arcsec = maps.pixel_scale_arcsec;
  out.has_ivar = maps.has_ivar;
  out.present = std::move(maps.present);
  out.flux = std::move(maps.value);
  out.ivar = std::move(maps.ivar);
  out.mask = std::move(maps.mask);
  out.psf_fwhm_arcsec.assign(size_t(out.n) * out.bands.size(), 0);
  return out;
}

MapBlock as_maps(ImageBlock images, std::vector<MapLayer> layers, bool integer) {
  ASTERISM_CHECK(layers.size() == images.bands.size(), "{} layers, {} bands", layers.size(), images.bands.size());
  MapBlock out;
  out.n = images.n;
  out.height = images.height;
  out.width = images.width;
  out.layers = std::move(layers);
  out.pixel_scale_arcsec = images.pixel_scale_arcsec;
  out.integer = integer;
  out.has_ivar = images.has_ivar;
  out.present = std::move(images.present);
  out.value = std::move(images.flux);
  out.ivar = std::move(images.ivar);
  out.mask = std::move(images.mask);
  return out;
}

}  // namespace asterism::modalities
