#pragma once
// An untrained model that draws images and spectra of a tiny sky, and what was collected of that sky.

#include "data/memory_source.h"
#include "eval/collect.h"
#include "tests/models/tiny_sky.h"

namespace asterism::eval::planted {

// 60 objects; every third is judged. Object 3 has no image, object 6 no spectrum.
struct DrawnSky {
  modalities::Batch sky = models::tiny::sky(60);
  models::AnyToAny model{models::tiny::sky_model(), models::tiny::codecs(sky)};
  CollectOptions options;
  Collected collected;
  DrawnSky() {
    model.fit(sky);
    models::tiny::remove(sky, "image_legacy", 3);
    models::tiny::remove(sky, "spectrum_desi", 6);
    options.draws = 3;
    options.train = options.test = "all";
    options.reconstructions = 15;
    collected.subject.objects = sky.objects;
    for (int64_t i = 0; i < 60; ++i) (i % 3 == 0 ? collected.split.test : collected.split.train).push_back(i);
    collected.labels["redshift"] = {};
  }
  data::MemorySource source() const {
    return data::MemorySource(sky, {.batch_size = 16, .shuffle = false, .drop_last = false});
  }
};

}  // namespace asterism::eval::planted
