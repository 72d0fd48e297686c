#pragma once
// The promises of MapBlock: see block.h, which calls these for its kind.

#include <cstdint>
#include <string>
#include <vector>

#include "modalities/block.h"

namespace asterism::modalities {

inline constexpr int64_t kGreatestLabel = int64_t{1} << 24;  // float32 holds every whole number up to here

void check(const std::string& name, const MapBlock& block);
MapBlock select(const MapBlock& block, const std::vector<int64_t>& rows);
MapBlock concatenate(const std::vector<const MapBlock*>& blocks);
MapBlock absent_like(const MapBlock& block, int64_t n);
// n maps of K = layers.size() layers, zero everywhere, masked everywhere, absent: to be filled.
MapBlock make_maps(int64_t n, std::vector<MapLayer> layers, int64_t height, int64_t width, double pixel_scale_arcsec,
                   bool integer, bool has_ivar);

// The same arrays as images with a band a layer (no unit, no PSF), and back: what stores images stores maps.
ImageBlock as_images(MapBlock maps);
MapBlock as_maps(ImageBlock images, std::vector<MapLayer> layers, bool integer);

}  // namespace asterism::modalities
