#pragma once
// Plain features of what was observed, for the baselines: what anyone would try before training anything.

#include <ATen/ATen.h>

#include <map>
#include <string>
#include <vector>

#include "eval/question.h"
#include "modalities/block.h"

namespace asterism::eval {

// Gathers features batch by batch; the blocks themselves are not kept.
//   "magnitudes and colours"   scalars flux_* and mag_*: asinh of the flux in units of its band's median error (a tenth
//   of its median |flux| without
//                              errors), and differences between neighbouring bands, by wavelength (letters u b g v r i
//                              z y j h k w1 w2)
//   "aperture colours of <m>"  the same of an image's flux within an eighth of its width of the centre
//   "binned <m>"               a spectrum's mean flux in 64 bins over its range, divided by its median |flux|, and the
//   logarithm of that
class FeatureGatherer {
 public:
  // Only blocks named in `modalities` are used.
  explicit FeatureGatherer(std::vector<std::string> modalities) : modalities_(std::move(modalities)) {}
  void add(const modalities::Batch& batch);
  // By name, of the N objects of all batches. Tables without any value are left out.
  std::map<std::string, Features> finish() const;
  // By modality: how bright each image, spectrum and light curve is (level.h).
  std::map<std::string, Features> levels() const;

 private:
  struct Band {
    std::vector<double> flux, error;  // NaN where missing; error 0: unknown
  };
  void add_band(const std::string& table, const std::string& band, const std::vector<double>& flux,
                const std::vector<double>& error);

  void add_level(const std::string& name, const modalities::Block& block);
  // Where the bands of an image stand: in the order of the first image of this modality, by name.
  std::vector<size_t> places_of(const std::string& modality, const modalities::ImageBlock& image);

  std::vector<std::string> modalities_;
  int64_t rows_ = 0;
  std::map<std::string, std::vector<std::string>> bands_;            // modality -> names in their order
  std::map<std::string, std::map<std::string, Band>> photometry_;    // table -> band
  std::map<std::string, std::vector<std::vector<double>>> spectra_;  // table -> row -> bins
  std::map<std::string, std::vector<std::vector<double>>> levels_;   // modality -> column -> row
};

}  // namespace asterism::eval
