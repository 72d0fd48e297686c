#pragma once
// Each modality of one object predicted from each other: what an any-to-any model is for, as one table. Rows say what
// was given, columns what is predicted.

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "models/predictor.h"

namespace asterism::eval {

// One row or column: an image, a spectrum, a scalar, or scalars that belong together (fluxes of several bands).
inline constexpr const char* kEverythingElse = "everything else";  // the last row, where three groups can be given

struct ModalityGroup {
  std::string name;
  std::vector<std::string> modalities;
};

struct Conditional {
  bool given = false;             // the column is among what was given: nothing is predicted
  models::Prediction prediction;  // of the column's modalities
};

struct Conditionals {
  modalities::Batch object;  // one row: what was observed of it
  std::vector<ModalityGroup> columns;
  std::vector<std::string> rows;                // what was given
  std::vector<std::vector<Conditional>> cells;  // [rows][columns]
};

struct ConditionalsOptions {
  std::filesystem::path model, dataset;
  std::string device = "auto";             // where the model computes: nn::choose_device
  std::string object;                      // its id, or survey/id; empty: the first of the test side with everything
  std::vector<std::string> modalities;     // empty: images, spectra and scalars that the model reads or predicts
  models::Sampler sampler{.samples = 16};  // of images and spectra
  std::vector<std::string> told = {};      // options that were given: those of the sampler need something drawn
};

// Modalities in this order of kinds: images, spectra, scalars. Scalars whose names agree up to the first '_' and whose
// units are the same stand together ("flux": flux_g, flux_r), except those of pure numbers.
std::vector<ModalityGroup> grouped(const std::vector<std::string>& names, const modalities::Batch& object);

// What a model that reads `inputs` says about the only row of `object`, among `chosen`. UserError where fewer than two
// groups are left: there is nothing to predict from something else.
Conditionals conditionals(const models::Predictor& model, const std::vector<std::string>& inputs,
                          const modalities::Batch& object, const std::vector<std::string>& chosen,
                          const models::Sampler& sampler);

// UserError: a model that cannot predict, no such object, a modality that the model does not know or the data lack, an
// option of the sampler where nothing is drawn.
Conditionals conditionals(const ConditionalsOptions& options);

}  // namespace asterism::eval
