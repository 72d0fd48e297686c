#include "tokenizers/block_tensors.h"

#include <cmath>
#include <cstring>

#include "base/error.h"

namespace asterism::tokenizers {

namespace {

template <class Kind>
const Kind& kind_of(const modalities::Block& block, const char* wanted, const std::string& reader) {
  const auto* found = std::get_if<Kind>(&block);
  if (found == nullptr)
    base::user_error("{} reads blocks of kind '{}', this one is of kind '{}'.", reader, wanted,
                     modalities::kind(block));
  if (found->n < 0) base::user_error("{}: a block of {} objects.", reader, found->n);
  return *found;
}

template <class T>
void check_size(const base::AlignedVector<T>& values, int64_t expected, const char* what, const std::string& reader) {
  if (int64_t(values.size()) != expected)
    base::user_error("{}: {} has {} values, its block's shape makes {}.", reader, what, values.size(), expected);
}

template <class T>
at::Tensor wrap_as(const base::AlignedVector<T>& values, at::IntArrayRef shape, at::ScalarType type) {
  if (values.empty()) return at::empty(shape, type);
  return at::from_blob(const_cast<T*>(values.data()), shape, at::TensorOptions(type));
}

template <class T>
void copy_as(base::AlignedVector<T>& out, const at::Tensor& values, at::ScalarType type) {
  const auto flat = values.detach().to(at::kCPU, type).contiguous();
  out.resize(size_t(flat.numel()));
  if (!out.empty()) std::memcpy(out.data(), flat.const_data_ptr(), out.size() * sizeof(T));
}

}  // namespace

const modalities::ImageBlock& image_of(const modalities::Block& block, const std::string& reader) {
  const auto& b = kind_of<modalities::ImageBlock>(block, "image", reader);
  const int64_t bands = int64_t(b.bands.size());
  if (bands == 0 || b.height <= 0 || b.width <= 0)
    base::user_error("{}: images of {} bands, {} x {} pixels.", reader, bands, b.height, b.width);
  const int64_t pixels = b.n * bands * b.height * b.width;
  check_size(b.present, b.n, "present", reader);
  check_size(b.flux, pixels, "flux", reader);
  check_size(b.ivar, pixels, "ivar", reader);
  check_size(b.mask, pixels, "mask", reader);
  return b;
}

at::Tensor psf_of(const modalities::ImageBlock& b, const std::string& reader) {
  const int64_t bands = int64_t(b.bands.size());
  check_size(b.psf_fwhm_arcsec, b.n * bands, "psf_fwhm_arcsec", reader);
  return wrap(b.psf_fwhm_arcsec, {b.n, bands});
}

const modalities::SpectrumBlock& spectrum_of(const modalities::Block& block, const std::string& reader) {
  const auto& b = kind_of<modalities::SpectrumBlock>(block, "spectrum", reader);
  if (b.length < 0) base::user_error("{}: spectra of {} pixels.", reader, b.length);
  check_size(b.present, b.n, "present", reader);
  check_size(b.wavelength_angstrom, b.n * b.length, "wavelength_angstrom", reader);
  check_size(b.flux, b.n * b.length, "flux", reader);
  check_size(b.ivar, b.n * b.length, "ivar", reader);
  check_size(b.mask, b.n * b.length, "mask", reader);
  for (int64_t row = 0; row < b.n; ++row)
    if (b.present[size_t(row)] != 0 && (b.length == 0 || b.wavelength_angstrom[size_t(row * b.length)] == 0))
      base::user_error("{}: the spectrum of object {} has 0 pixels; an object without one is not present.", reader,
                       row);
  return b;
}

bool has_good_pixel(const modalities::SpectrumBlock& b, int64_t row, int64_t length) {
  for (auto at = size_t(row * b.length); at < size_t(row * b.length + length); ++at)
    if (b.mask[at] == 0 && b.ivar[at] > 0 && std::isfinite(b.ivar[at]) && std::isfinite(b.flux[at])) return true;
  return false;
}

const modalities::ScalarBlock& scalar_of(const modalities::Block& block, const std::string& reader) {
  const auto& b = kind_of<modalities::ScalarBlock>(block, "scalar", reader);
  check_size(b.present, b.n, "present", reader);
  check_size(b.value, b.n, "value", reader);
  if (b.has_error) check_size(b.error, b.n, "error", reader);
  return b;
}

const modalities::LightCurveBlock& light_curve_of(const modalities::Block& block, const std::string& reader) {
  const auto& b = kind_of<modalities::LightCurveBlock>(block, "light_curve", reader);
  if (b.length < 0) base::user_error("{}: light curves of {} points.", reader, b.length);
  check_size(b.present, b.n, "present", reader);
  check_size(b.count, b.n, "count", reader);
  check_size(b.time_day, b.n * b.length, "time_day", reader);
  check_size(b.band, b.n * b.length, "band", reader);
  check_size(b.value, b.n * b.length, "value", reader);
  check_size(b.error, b.n * b.length, "error", reader);
  check_size(b.mask, b.n * b.length, "mask", reader);
  check_size(b.upper_limit, b.n * b.length, "upper_limit", reader);
  for (const int32_t count : b.count)
    if (count < 0 || count > b.length)
      base::user_error("{}: a light curve of {} points in a block of {}.", reader, count, b.length);
  return b;
}

const modalities::CubeBlock& cube_of(const modalities::Block& block, const std::string& reader) {
  const auto& b = kind_of<modalities::CubeBlock>(block, "cube", reader);
  if (b.length <= 0 || b.height <= 0 || b.width <= 0)
    base::user_error("{}: cubes of {} planes, {} x {} spaxels.", reader, b.length, b.height, b.width);
  if (!(b.pixel_scale_arcsec >= 0) || !std::isfinite(b.pixel_scale_arcsec))
    base::user_error("{}: cubes with a pixel scale of {} arcsec; it is positive, or 0 where unknown.", reader,
                     b.pixel_scale_arcsec);
  const int64_t values = b.n * b.length * b.height * b.width;
  check_size(b.present, b.n, "present", reader);
  check_size(b.wavelength_angstrom, b.n * b.length, "wavelength_angstrom", reader);
  check_size(b.lsf_sigma_angstrom, b.n * b.length, "lsf_sigma_angstrom", reader);
  check_size(b.flux, values, "flux", reader);
  check_size(b.ivar, values, "ivar", reader);
  check_size(b.mask, values, "mask", reader);
  return b;
}

void check_tokens(const Tokens& tokens, int64_t num_tokens, int64_t vocabulary, const std::string& reader) {
  const auto& ids = tokens.ids;
  if (!ids.defined() || ids.dim() != 2 || ids.size(1) != num_tokens || ids.scalar_type() != at::kLong)
    base::user_error("{} decodes int64 tokens of shape n x {}.", reader, num_tokens);
  if (!tokens.present.defined() || tokens.present.dim() != 1 || tokens.present.size(0) != ids.size(0) ||
      tokens.present.scalar_type() != at::kBool)
    base::user_error("{}: tokens of {} objects need as many present flags.", reader, ids.size(0));
  if (ids.numel() == 0) return;
  const int64_t low = ids.min().item<int64_t>(), high = ids.max().item<int64_t>();
  if (low < 0 || high >= vocabulary)
    base::user_error("{}: token {} is outside of 0..{}.", reader, low < 0 ? low : high, vocabulary - 1);
}

at::Tensor wrap(const base::AlignedVector<float>& values, at::IntArrayRef shape) {
  return wrap_as(values, shape, at::kFloat);
}
at::Tensor wrap(const base::AlignedVector<double>& values, at::IntArrayRef shape) {
  return wrap_as(values, shape, at::kDouble);
}
at::Tensor wrap(const base::AlignedVector<uint8_t>& values, at::IntArrayRef shape) {
  return wrap_as(values, shape, at::kByte);
}

void copy_into(base::AlignedVector<float>& out, const at::Tensor& values) { copy_as(out, values, at::kFloat); }
void copy_into(base::AlignedVector<double>& out, const at::Tensor& values) { copy_as(out, values, at::kDouble); }
void copy_into(base::AlignedVector<uint8_t>& out, const at::Tensor& values) { copy_as(out, values, at::kByte); }

}  // namespace asterism::tokenizers
