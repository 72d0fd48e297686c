#include "data/surveys/desi_arms.h"

#include <cmath>

#include "base/error.h"
#include "data/surveys/flux_unit.h"
#include "modalities/spectrum.h"

namespace asterism::data {
namespace {

constexpr double kOffGridAngstrom = 0.01;  // DESI writes its grid with an error of 1e-10 A

void need_shape(const std::vector<int64_t>& found, const std::vector<int64_t>& wanted, const std::string& place) {
  if (found == wanted) return;
  const auto text = [](const std::vector<int64_t>& shape) {
    std::string out;
    for (const int64_t s : shape) out += (out.empty() ? "" : " x ") + std::to_string(s);
    return out.empty() ? std::string("no image") : out;
  };
  base::data_error("{}: {}; {} is wanted", place, text(found), text(wanted));
}

// The place on the common grid of an arm's first pixel.
int64_t first_pixel(const std::vector<double>& wavelengths, const std::string& place) {
  int64_t first = 0;
  for (size_t i = 0; i < wavelengths.size(); ++i) {
    const double at = (wavelengths[i] - kDesiFirstAngstrom) / kDesiStepAngstrom;
    const double index = std::round(at);
    if (!(std::abs(at - index) * kDesiStepAngstrom < kOffGridAngstrom && index >= 0 && index < double(kDesiPixels)))
      base::data_error("{}, pixel {}: {} A lies not on the grid 3600 + 0.8 k A, k from 0 to {}", place, i,
                       wavelengths[i], kDesiPixels - 1);
    if (i == 0) first = int64_t(index);
    if (int64_t(index) != first + int64_t(i)) base::data_error("{}, pixel {}: wavelengths do not go on", place, i);
  }
  return first;
}

}  // namespace

DesiArms::Arm DesiArms::read_arm(const io::FitsFile& coadd, const std::string& letter, int64_t targets) {
  Arm arm;
  const auto place = [&](const char* what) { return coadd.name() + ", HDU " + letter + "_" + what; };
  arm.place = place("FLUX");
  const auto wavelength = coadd.hdu(letter + "_WAVELENGTH").image<double>();
  if (wavelength.shape.size() != 1 || wavelength.values.empty())
    base::data_error("{}: a list of wavelengths is wanted", place("WAVELENGTH"));
  arm.size = int64_t(wavelength.values.size());
  arm.first = first_pixel(wavelength.values, place("WAVELENGTH"));
  const auto flux = coadd.hdu(letter + "_FLUX");
  need_flux_unit(flux.text("BUNIT"), 1e-17, arm.place);
  arm.flux = flux.image<float>();
  arm.ivar = coadd.hdu(letter + "_IVAR").image<float>();
  need_shape(arm.flux.shape, {targets, arm.size}, arm.place);
  need_shape(arm.ivar.shape, {targets, arm.size}, place("IVAR"));
  if (coadd.has_hdu(letter + "_MASK")) {
    arm.mask = coadd.hdu(letter + "_MASK").image<int64_t>();
    need_shape(arm.mask.shape, {targets, arm.size}, place("MASK"));
  }
  if (coadd.has_hdu(letter + "_RESOLUTION")) {
    arm.resolution = coadd.hdu(letter + "_RESOLUTION").image<float>();
    arm.diagonals = arm.resolution.shape.size() == 3 ? arm.resolution.shape[1] : 0;
    need_shape(arm.resolution.shape, {targets, arm.diagonals, arm.size}, place("RESOLUTION"));
  }
  return arm;
}

DesiArms::DesiArms(const io::FitsFile& coadd, int64_t targets) : file_(coadd.name()) {
  for (const char* letter : {"B", "R", "Z"}) arms_.push_back(read_arm(coadd, letter, targets));
}

// Column j of the resolution matrix is how light of the wavelength of pixel j spreads: diagonal k of the file holds
// the entry of row j + k - n/2 there.
double DesiArms::Arm::sigma_pixels(int64_t target, int64_t pixel) const {
  double sum = 0, mean = 0, square = 0;
  for (int64_t k = 0; k < diagonals; ++k) {
    const double weight = double(resolution.values[size_t((target * diagonals + k) * size + pixel)]);
    const int64_t middle = diagonals / 2;
    const auto offset = double(k - middle);
    if (!std::isfinite(weight)) return 0;
    sum += weight;
    mean += weight * offset;
    square += weight * offset * offset;
  }
  if (!(sum > 0.1)) return 0;  // edges and masked pixels have empty columns
  const double variance = square / sum - (mean / sum) * (mean / sum);
  return variance > 0 ? std::sqrt(variance) : 0;
}

modalities::SpectrumBlock DesiArms::spectrum(int64_t target) const {
  auto block = modalities::make_spectra(1, kDesiPixels, "1e-17 erg/s/cm^2/Angstrom");
  block.present[0] = 1;
  std::vector<double> flux(size_t(kDesiPixels), 0), weight(size_t(kDesiPixels), 0), sigma(size_t(kDesiPixels), 0),
      sigma_weight(size_t(kDesiPixels), 0);
  for (const Arm& arm : arms_) {
    for (int64_t i = 0; i < arm.size; ++i) {
      const size_t from = size_t(target * arm.size + i), to = size_t(arm.first + i);
      const float f = arm.flux.values[from], v = arm.ivar.values[from];
      if (v < 0) base::data_error("{}, row {}, pixel {}: inverse variance {}", arm.place, target, i, v);
      const bool good = arm.flux.valid[from] != 0 && arm.ivar.valid[from] != 0 && v > 0 &&
                        (arm.mask.values.empty() || arm.mask.values[from] == 0);
      if (good) {
        flux[to] += double(f) * double(v);
        weight[to] += double(v);
      }
      const double s = arm.sigma_pixels(target, i), w = good ? double(v) : 1e-30;
      if (s > 0) {
        sigma[to] += s * w;
        sigma_weight[to] += w;
      }
    }
  }
  int64_t good_pixels = 0;
  for (size_t i = 0; i < size_t(kDesiPixels); ++i) {
    block.wavelength_angstrom[i] = float(kDesiFirstAngstrom + kDesiStepAngstrom * double(i));
    const bool good = weight[i] > 0 && std::isfinite(float(weight[i])) && float(weight[i]) > 0;
    block.flux[i] = good ? float(flux[i] / weight[i]) : 0;
    block.ivar[i] = good ? float(weight[i]) : 0;
    block.mask[i] = !good;
    if (sigma_weight[i] > 0) block.lsf_sigma_angstrom[i] = float(sigma[i] / sigma_weight[i] * kDesiStepAngstrom);
    good_pixels += good;
  }
  if (good_pixels == 0) base::data_error("{}, row {}: not one good pixel", file_, target);
  return block;
}

}  // namespace asterism::data
