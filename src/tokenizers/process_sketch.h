#pragma once
// A curve of a process as few noiseless points of it: where they are and, for each, how far it is from what the points
// before it lead one to expect, in standard deviations of that, rounded. A curve is drawn through them as the process
// expects it (pseudo-points, Snelson & Ghahramani 2006, but chosen for one curve, by orthogonal matching pursuit, Pati
// et al. 1993). Two tokens a point: 20 bits, of which 8 say when, 4 in which cell of wavelength, 8 how bright.

#include <ATen/ATen.h>

#include <cstdint>
#include <vector>

#include "tokenizers/curve_process.h"
#include "tokenizers/process_header.h"

namespace asterism::tokenizers {

struct SketchPoint {
  int64_t time = 0;   // cell of time
  int64_t cell = 0;   // of wavelength
  int64_t level = 0;  // -kSketchLevels .. kSketchLevels
};
inline constexpr int64_t kSketchLevels = 127;

struct Sketch {
  int64_t kind = 0, pose = kUprightPose;
  std::vector<SketchPoint> points;  // in the order in which they were chosen
};

class Sketcher {
 public:
  // `process` as on_cpu gives it. reach: standard deviations of the outermost level.
  Sketcher(const CurveProcess& process, int64_t points, double reach)
      : process_(process), points_(points), reach_(reach) {}

  // What is to be matched: the expected curve at the shown points, between them in the bands that were seen, and, by
  // little, beside these bands and beyond the times.
  struct Target {
    ProcessPlaces places;
    at::Tensor value_N, weight_N;
    std::vector<int64_t> pose_H;  // in which each kind is tried
  };
  Target target_of(const ProcessPoints& shown) const;

  // The kind and the points of least cost: weighted squares that are left, and those of the levels.
  Sketch sketch_of(const Target& target, const ProcessHeader& header) const;

  at::Tensor drawn(const Sketch& sketch, const ProcessHeader& header, const ProcessPlaces& asked) const;  // [A]

 private:
  ProcessPlaces places_of(const std::vector<SketchPoint>& points, const ProcessHeader& header) const;
  // What one standard deviation of each point of the sketch adds to the curve elsewhere: [A, S].
  at::Tensor waves(const ProcessPlaces& points, const ProcessPlaces& asked, int64_t kind) const;
  // The sketch of one kind, and what it costs: the weighted squares that are left and those of its levels.
  double sketch_in(int64_t kind, const Target& target, const ProcessHeader& header, Sketch& out) const;

  const CurveProcess& process_;
  int64_t points_;
  double reach_;
};

std::vector<int64_t> sketch_ids(const Sketch& sketch, int64_t points);  // 2 x points tokens
// Of the kind and pose of a header; ids are 0 .. kProcessBins - 1.
Sketch sketch_from(const int64_t* ids, int64_t points, const ProcessHeader& header);

}  // namespace asterism::tokenizers
