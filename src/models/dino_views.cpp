#include "models/dino_views.h"

#include <cmath>

#include "base/error.h"
#include "base/random.h"
#include "modalities/image.h"
#include "models/augment.h"
#include "models/block_mask.h"
#include "nn/in_threads.h"

namespace asterism::models {
namespace {

const modalities::ImageBlock& images_in(const modalities::Block& block, const std::string& modality) {
  if (!std::holds_alternative<modalities::ImageBlock>(block))
    base::user_error("'{}' is an image for this model, but the batch holds a {}: check the modality's name", modality,
                     modalities::kind(block));
  return std::get<modalities::ImageBlock>(block);
}

// Every view of the images, on a CPU, as many at once as there are threads.
std::vector<modalities::ImageBlock> views_here(const DinoSettings& settings, const modalities::ImageBlock& images,
                                               const std::vector<uint64_t>& objects, int64_t sets, const DrawKey& key) {
  std::vector<modalities::ImageBlock> out;
  out.resize(size_t(sets));
  const auto planes = planes_of(images);
  // a thread takes neighbours of this order: each as many of the large global views as the next
  std::vector<int64_t> order;
  const int64_t threads = nn::threads_here();
  for (int64_t first = 0; first < threads; ++first)
    for (int64_t view = first; view < sets; view += threads) order.push_back(view);
  nn::in_threads(sets, 1, [&](int64_t begin, int64_t end) {
    for (int64_t k = begin; k < end; ++k) {
      const int64_t view = order[size_t(k)];
      const int64_t size = view < kGlobalViews ? settings.encoder.size : settings.local_size;
      out[size_t(view)] =
          block_of(augmented_planes(settings.augment, images, planes, objects, view, size, key), images);
    }
  });
  return out;
}

// Which patches can be used must be known here: one answer of the device for all crops.
void read_usable(DinoViews& views) {
  CropEncoder::read_usable(views.student);
  for (size_t m = 0; m < views.images.size(); ++m)
    for (size_t view = 0; view < size_t(kGlobalViews); ++view)
      views.teacher[m * size_t(kGlobalViews) + view].view.usable_NP =
          views.student[m * size_t(views.sets) + view].view.usable_NP;
}

}  // namespace

DinoViews draw_views(const DinoSettings& settings, const CropEncoder& student, const CropEncoder& teacher,
                     const at::Device& device, const modalities::Batch& batch, const DrawKey& key) {
  DinoViews out;
  out.sets = kGlobalViews + settings.local_crops;
  for (const auto& modality : settings.modalities) {
    const auto found = batch.blocks.find(modality);
    if (found == batch.blocks.end()) continue;
    const auto& all = images_in(found->second, modality);
    std::vector<int64_t> rows;
    std::vector<uint64_t> objects;
    for (int64_t i = 0; i < all.n; ++i)
      if (all.present[size_t(i)] != 0) rows.push_back(i), objects.push_back(batch.objects[size_t(i)].hash());
    if (rows.empty()) continue;
    modalities::ImageBlock some;
    if (int64_t(rows.size()) < all.n) some = modalities::select(all, rows);
    const auto& images = int64_t(rows.size()) < all.n ? some : all;
    const auto planes = device.is_cpu() ? ImagePlanes() : planes_of(images, device);
    auto here =
        device.is_cpu() ? views_here(settings, images, objects, out.sets, key) : std::vector<modalities::ImageBlock>();
    out.images.push_back(int64_t(rows.size()));
    out.count += int64_t(rows.size());
    for (int64_t view = 0; view < out.sets; ++view) {
      const int64_t size = view < kGlobalViews ? settings.encoder.size : settings.local_size;
      if (device.is_cpu()) {
        out.blocks.emplace_back(std::move(here[size_t(view)]));
        out.student.push_back(student.look(out.blocks.back()));
        if (view < kGlobalViews) out.teacher.push_back(teacher.look(out.blocks.back()));
        continue;
      }
      const auto crop = augmented_planes(settings.augment, images, planes, objects, view, size, key);
      const auto pixels = pixels_of(crop, images.has_ivar);
      const auto frame = frame_of(crop, images);
      out.student.push_back(student.look(frame, pixels));
      if (view < kGlobalViews) out.teacher.push_back(teacher.look(frame, pixels));
    }
    out.objects.push_back(std::move(objects));
  }
  if (!device.is_cpu()) read_usable(out);
  return out;
}

void hide_patches(DinoViews& views, const DinoSettings& settings, const DrawKey& key) {
  for (size_t m = 0; m < views.images.size(); ++m)
    for (int64_t view = 0; view < kGlobalViews; ++view) {
      auto& crops = views.student[m * size_t(views.sets) + size_t(view)];
      const auto& grid = crops.view.grid;
      crops.hidden_NP.assign(crops.view.usable_NP.size(), 0);
      for (size_t i = 0; i < size_t(views.images[m]); ++i) {
        base::Random random(key.seed, uint64_t(key.epoch), views.objects[m][i], "hidden " + std::to_string(view));
        if (random.uniform() >= settings.hidden_probability) continue;
        const double share = random.uniform(settings.hidden_low, settings.hidden_high);
        const auto mask =
            draw_block_mask(grid.rows, grid.columns, std::lround(share * double(grid.rows * grid.columns)), random);
        for (size_t p = 0; p < mask.size(); ++p) {
          const size_t at = i * mask.size() + p;
          crops.hidden_NP[at] = mask[p] != 0 && crops.view.usable_NP[at] != 0 ? 1 : 0;
        }
      }
    }
}

}  // namespace asterism::models
