#pragma once
// The numbers of a light curve that stand before its points in the tokens of light_curve_process: when it was
// brightest, its level and scale, over which time its points lie, which kind of process it is drawn by and in which
// pose.

#include <array>
#include <cstdint>

#include "tokenizers/curve_process.h"

namespace asterism::tokenizers {

inline constexpr int64_t kProcessBins = 1024;  // values of a token
inline constexpr int64_t kProcessHeader = 7;   // tokens
inline constexpr int64_t kMostKinds = 8;
inline constexpr int64_t kTimeCells = 256;  // from the first to the last point

struct ProcessHeader {
  double reference_day = 0;    // time of the brightest point, in the block's time system
  double level = 0;            // the middle of the values, in the unit
  double scale = 1;            // what they are divided by: fluxes, how much they vary; magnitudes, 1
  double first = 0, last = 0;  // when the first and the last point are, process_time
  int64_t kind = 0;
  int64_t pose = kUprightPose;

  double day_of(int64_t cell) const;   // days after the reference, of the middle of a cell of time
  int64_t cell_at(double days) const;  // the cell that they are in; the nearest
};

double process_time(double days);  // arcsinh of days / 30: cells are fine about the reference, coarse far from it

// Values beyond what a token holds become the nearest that it holds; first and last become ends of cells outside them.
std::array<int64_t, kProcessHeader> process_ids(const ProcessHeader& header, bool magnitudes);
ProcessHeader process_header(const int64_t* ids, bool magnitudes);  // ids are 0 .. kProcessBins - 1

}  // namespace asterism::tokenizers
