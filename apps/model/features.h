#pragma once
// `asterism model features`: maps of the patch features and of the attention of an image encoder.

#include "apps/options.h"
#include "eval/dense/feature_maps.h"

namespace asterism::apps {

void add_feature_options(CLI::App& app, eval::FeatureMapOptions& options);
int make_feature_maps(const eval::FeatureMapOptions& options, bool json);

}  // namespace asterism::apps
