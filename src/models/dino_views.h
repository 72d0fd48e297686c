#pragma once
// The crops of a batch that a DINO model learns from. On a CPU as image blocks; on a device the images go over once and
// the crops are made there (augment.h), and one answer is waited for: which patches of all crops can be used.

#include <deque>
#include <vector>

#include "models/crop_encoder.h"
#include "models/dino_settings.h"
#include "models/draw_key.h"

namespace asterism::models {

// For every modality two global sets and the local ones, as the student sees them, and the global ones as the teacher
// does.
struct DinoViews {
  std::deque<modalities::Block> blocks;  // which the crops wrap
  std::vector<CropEncoder::Crops> student, teacher;
  std::vector<int64_t> images;                 // of each modality that is there
  std::vector<std::vector<uint64_t>> objects;  // their hashes
  int64_t sets = 0;                            // of the student, of one modality
  int64_t count = 0;                           // of images
};

// UserError where a modality is no image. `device`: where the encoders compute.
DinoViews draw_views(const DinoSettings& settings, const CropEncoder& student, const CropEncoder& teacher,
                     const at::Device& device, const modalities::Batch& batch, const DrawKey& key);

// Draws which patches of the global crops the student does not see.
void hide_patches(DinoViews& views, const DinoSettings& settings, const DrawKey& key);

}  // namespace asterism::models
