#pragma once
// The modalities we know, by name. A dataset may hold others; a known name always means what stands here.

#include <span>
#include <string>
#include <string_view>

namespace asterism::modalities {

struct Known {
  std::string_view name;  // "image_legacy", "flux_g"
  std::string_view kind;  // as modalities::kind() says it
  std::string_view unit;  // canonical unit inside Asterism, VOUnits text; "" for a pure number, and for maps and lists
                          // of sources, whose layers and columns have units of their own
  std::string_view sentence;
};

std::span<const Known> all();

// The entry, or nullptr.
const Known* find(std::string_view name);

// Survey ids that are taken: legacy hsc sdss desi euclid lsst gaia, and mock for the mock sky itself.
std::span<const std::string_view> survey_ids();

}  // namespace asterism::modalities
