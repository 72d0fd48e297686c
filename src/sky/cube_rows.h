#pragma once
// The columns that cubes add to a batch: how galaxies turn, and for each survey its cube and the truth behind it.

#include <vector>

#include "modalities/block.h"
#include "sky/cube_survey.h"
#include "sky/light.h"

namespace asterism::sky {

class CubeRows {
 public:
  // Adds to the batch, for n objects, rotation_velocity (of galaxies: the flat part, in the plane of the disc) and,
  // where `full`, of each survey its cube and maps_lines_<survey>: the flux of [OII]3728 (both lines), Hbeta,
  // [OIII]5007 and Halpha in each spaxel, and the velocity of the gas along the line of sight, without noise.
  CubeRows(const std::vector<const CubeSurvey*>& surveys, int64_t n, bool full, modalities::Batch& batch);

  // The truth of one row, and where `observed` its cubes. Rows may be filled by several threads.
  void fill(const ObjectTruth& truth, const ObjectLight& light, bool defects, bool observed, int64_t row) const;

 private:
  std::vector<const CubeSurvey*> surveys_;
  modalities::ScalarBlock* velocity_ = nullptr;
  std::vector<modalities::CubeBlock*> cubes_;  // per survey; empty where only scalars are wanted
  std::vector<modalities::MapBlock*> maps_;
};

}  // namespace asterism::sky
