#pragma once
// What light curves of a survey look like before one has been seen: a mixture of a few kinds of Gaussian processes over
// time and wavelength, learned from all objects together (a process that is fitted to each object must find out from a
// dozen points what all of them share). Letters: H kinds, Q poses, C parts of the covariance, N and A places.
//
// Each kind has a mean curve on a grid of time and ln(wavelength), which each object takes in one of a few poses
// (stretched in time and shifted from the reference), and a covariance that is a sum of parts: a level, a slope in
// colour, an offset of each cell of wavelength, and three functions (1 + sqrt(3) d) exp(-sqrt(3) d) of time, counted
// both in days and in the arcsinh of the days since the reference, that fade with the difference in colour. Noise is
// Student's: weights of points are found by iteration (Lange, Little & Taylor 1989, JASA 84, 881), those of a kind with
// all its poses together.

#include <ATen/ATen.h>

#include <cstdint>
#include <vector>

#include "nn/scope.h"

namespace asterism::tokenizers {

// Places of a light curve; float64, on the CPU.
struct ProcessPlaces {
  at::Tensor time_N;    // days after the reference
  at::Tensor colour_N;  // ln(wavelength / reference)
  at::Tensor cell_N;    // int64, cell_of the colour
};

// Values about the level, over the scale; errors > 0. float64.
struct ProcessPoints {
  ProcessPlaces places;
  at::Tensor value_N, error_N;
};

inline constexpr double kPeakDays = 8;  // arcsinh time is linear within these of the reference
inline constexpr int64_t kCells = 16;
int64_t cell_of(double colour);  // the nearest of kCells wavelengths, 0.2 to 4 micron where the reference is 0.6
double colour_of_cell(int64_t cell);

struct CurvePose {
  double stretch = 1;    // a day of the mean curve lasts so many
  double shift_day = 0;  // where its reference lies, after the object's
};
inline constexpr int64_t kPoses = 35, kUprightPose = 17;
CurvePose pose_of(int64_t pose);  // 0 .. kPoses - 1; kUprightPose is neither stretched nor shifted

class CurveProcess {
 public:
  CurveProcess() = default;
  CurveProcess(const nn::Scope& scope, int64_t kinds);

  // The same values as float64 on the CPU, gradients going back to the parameters. What follows is called on these.
  CurveProcess on_cpu() const;
  int64_t kinds() const { return mean_HG_.size(0); }

  at::Tensor mean(const ProcessPlaces& places) const;                                         // [H, N, Q]
  at::Tensor covariance(const ProcessPlaces& a, const ProcessPlaces& b) const;                // [H, N, A]
  at::Tensor mean(const ProcessPlaces& places, int64_t kind, int64_t pose) const;             // [N]
  at::Tensor covariance(const ProcessPlaces& a, const ProcessPlaces& b, int64_t kind) const;  // [N, A]

  // The expected curve at other places, given the points: of each kind and pose, weighted by how likely the points are
  // to the power of 1 / the temperature, which is learned (what the process takes for independent is not quite).
  struct Expected {
    at::Tensor value_A;
    std::vector<int64_t> pose_H;  // the likeliest of each kind
  };
  Expected expected(const ProcessPoints& points, const ProcessPlaces& asked) const;

  double least_noise() const;  // variance that is added to that of a point: the least of the kinds'

  // Mean curves and amplitudes to begin with, in closed form: a smooth curve through the points of all objects by least
  // squares (its height, by which kinds differ, is shared out), and the scatter about it. weight_N: of each point.
  void begin(const ProcessPoints& all, const at::Tensor& weight_N);
  at::Tensor roughness() const;  // of the mean curves: sums of squared second differences in time and first in colour

 private:
  at::Tensor parts(const ProcessPlaces& a, const ProcessPlaces& b) const;  // [C, N, A]

  at::Tensor mean_HG_;           // G grid places, those of one time together
  at::Tensor log_amplitude_HC_;  // level, slope, offset, then the functions of time
  at::Tensor log_length_;        // [3, 3]: in arcsinh time, days, colour
  at::Tensor log_noise_H2_;      // factor of the errors; what is added to them in quadrature
  at::Tensor log_prior_H_, log_freedom_, log_temperature_;
};

}  // namespace asterism::tokenizers
