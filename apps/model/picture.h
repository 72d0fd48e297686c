#pragma once
// `asterism model picture`: one object, each modality predicted from each other.

#include <filesystem>

#include "apps/options.h"
#include "eval/conditionals/conditionals.h"

namespace asterism::apps {

struct PictureRequest {
  eval::ConditionalsOptions table;
  std::filesystem::path out;
};

void add_picture_options(CLI::App& app, PictureRequest& request);
int make_picture(PictureRequest request, bool json);

}  // namespace asterism::apps
