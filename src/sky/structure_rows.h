#pragma once
// The columns that structure adds to a batch: truth, and for each imaging survey maps of arms and bar and the images of
// each source of a blend.

#include <string>
#include <vector>

#include "modalities/block.h"
#include "sky/camera.h"
#include "sky/structure.h"

namespace asterism::sky {

class StructureRows {
 public:
  // Adds to the batch, for n objects:
  //   morphology_class, arm_count, einstein_radius, neighbour_distance, neighbour_magnitude, vote_smooth, vote_spiral,
  //   vote_bar, vote_edge_on, vote_merger;
  //   with images, and where arms or bars are asked for, maps_structure_<survey>: layers "arms" and "bar", 0 or 1, in
  //   the survey's second band with an image (segment() of structure_image.h), of galaxies; where neighbours or lenses
  //   are asked for, maps_sources_<survey>: layers "object des-g" ... and "other des-g" ..., nanomaggies without noise,
  //   of objects that have another one in their image.
  StructureRows(const SkySettings& settings, const std::vector<const ImagingSurvey*>& imaging, int64_t n, bool full,
                modalities::Batch& batch);

  // One row; its images go to `images`, one block a survey. `light` and structure.other_light hold the bands of all
  // surveys. Rows may be filled by several threads.
  void fill(const ObjectTruth& truth, const ObjectLight& light, const Structure& structure, const SkySettings& settings,
            const std::vector<modalities::ImageBlock*>& images, int64_t row) const;

 private:
  struct Maps {
    modalities::MapBlock *structure = nullptr, *sources = nullptr;
  };
  void fill_truth(const ObjectTruth& truth, const Structure& structure, int64_t row) const;
  std::vector<const ImagingSurvey*> imaging_;
  std::vector<modalities::ScalarBlock*> truth_;  // in the order of the names above
  std::vector<Maps> maps_;                       // per survey; empty without images
};

}  // namespace asterism::sky
