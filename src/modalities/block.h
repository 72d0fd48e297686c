#pragma once
// The currency of the house below libtorch: the observations of one modality for n objects (a Block), and all the
// modalities of n objects (a Batch). Rows of every block of a batch are the objects of the batch, in order; an object
// that was not observed in a modality has present[row] == 0 and its values there are zero with mask 1 and ivar 0.
//
// Nothing here is NaN or infinite: what is missing is masked (mask 1 = do not use), and an inverse variance of 0 says
// the same of a single value. Shapes are written [n, C, H, W] and stored row-major, without gaps.

#include <cstdint>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "base/aligned.h"

namespace asterism::modalities {

// What an image band is, apart from its name. Zero means: the file does not say.
struct Band {
  std::string name;                // as Multimodal Universe and AION write it: "des-g", "hsc-i", "sdss-u", "red"
  double wavelength_angstrom = 0;  // effective wavelength of the filter
  double width_angstrom = 0;       // full width at half maximum of the filter
  bool operator==(const Band&) const = default;
};

// Images of one survey: the same bands, size and pixel scale for all n objects.
struct ImageBlock {
  int64_t n = 0, height = 0, width = 0;  // and C = bands.size()
  std::vector<Band> bands;
  std::string unit;               // "nanomaggy"; "counts" where the file gives no zero point; "display" for RGB, 0..1
  double pixel_scale_arcsec = 0;  // 0: unknown
  bool has_ivar = false;          // false: ivar is 1 where mask is 0 (the file gives no variance)
  base::AlignedVector<uint8_t> present;        // [n]
  base::AlignedVector<float> flux;             // [n, C, H, W]
  base::AlignedVector<float> ivar;             // [n, C, H, W], 1/unit^2, 0 where masked
  base::AlignedVector<uint8_t> mask;           // [n, C, H, W], 1 = do not use
  base::AlignedVector<float> psf_fwhm_arcsec;  // [n, C], 0: unknown
};

// Spectra on any wavelength grid, padded at the end to the longest of the block (padding: mask 1, ivar 0, wavelength
// 0).
struct SpectrumBlock {
  int64_t n = 0, length = 0;             // length L
  std::string unit;                      // "1e-17 erg/s/cm^2/Angstrom"; "counts" where not flux-calibrated
  base::AlignedVector<uint8_t> present;  // [n]
  base::AlignedVector<float>
      wavelength_angstrom;            // [n, L], vacuum, observed frame, strictly increasing up to the padding
  base::AlignedVector<float> flux;    // [n, L]
  base::AlignedVector<float> ivar;    // [n, L], 1/unit^2, 0 where masked
  base::AlignedVector<uint8_t> mask;  // [n, L], 1 = do not use
  base::AlignedVector<float> lsf_sigma_angstrom;  // [n, L], Gaussian sigma of the line spread; 0: unknown
};

// One number per object: a flux, a redshift, a vote fraction, a class index.
struct ScalarBlock {
  int64_t n = 0;
  std::string unit;  // VOUnits text; "" for a pure number
  bool has_error = false;
  base::AlignedVector<uint8_t> present;  // [n]
  base::AlignedVector<double> value;     // [n]
  base::AlignedVector<double> error;     // [n], one standard deviation; 0 everywhere when has_error is false
};

// A vector per object: an embedding of it, or the tokens of one of its modalities.
struct VectorBlock {
  int64_t n = 0, width = 0;  // width D
  int64_t vocabulary = 0;    // 0: real numbers; else tokens, integers from 0 to vocabulary - 1 (at most 2^24)
  base::AlignedVector<uint8_t> present;  // [n]
  base::AlignedVector<float> value;      // [n, D], 0 in absent rows
};

// Brightness against time, in one or several bands, padded at the end to the longest of the block (padding: time, band,
// value, error 0, mask 1). The points of an object stand in order of time.
struct LightCurveBlock {
  int64_t n = 0, length = 0;  // length L
  std::vector<Band> bands;    // what the band numbers mean; a light curve without a band has one, ""
  std::string unit;           // "mag", "nanomaggy" (negative in a difference image: fainter than the reference)
  std::string time_system;    // "MJD"; "day" where the file counts from a moment that it does not tell
  base::AlignedVector<uint8_t> present;      // [n]
  base::AlignedVector<int32_t> count;        // [n], points of the object, 0 to L
  base::AlignedVector<double> time_day;      // [n, L], float32 would know a modern MJD to 6 minutes only
  base::AlignedVector<int32_t> band;         // [n, L], place in `bands`
  base::AlignedVector<float> value;          // [n, L]
  base::AlignedVector<float> error;          // [n, L], one standard deviation; 0: unknown
  base::AlignedVector<uint8_t> mask;         // [n, L], 1 = no measurement: do not use
  base::AlignedVector<uint8_t> upper_limit;  // [n, L], 1 = not seen, and fainter than `value`; mask is 1 there too
};

// A column of the lists in a CatalogBlock.
struct CatalogColumn {
  std::string name;  // as Multimodal Universe writes it: "X", "SHAPE_R", "FLUX_G"
  std::string unit;  // VOUnits text; "" for a pure number
  bool operator==(const CatalogColumn&) const = default;
};

// A list of sources per object (all that lie on its cutout, say), each with the same named numbers, padded at the end
// to the longest list of the block.
struct CatalogBlock {
  int64_t n = 0, length = 0;             // length L
  std::vector<CatalogColumn> columns;    // C of them
  base::AlignedVector<uint8_t> present;  // [n]
  base::AlignedVector<int32_t> count;    // [n], sources of the object, 0 to L
  base::AlignedVector<float> value;      // [n, C, L], 0 where masked
  base::AlignedVector<uint8_t> mask;     // [n, C, L], 1 = not known, and in the padding
};

// One layer of a map: what it shows ("source", "emline_gvel Ha-6564") and its unit ("" for a pure number).
struct MapLayer {
  std::string name, unit;
  bool operator==(const MapLayer&) const = default;
};

// Maps on the pixel grid of an object: which source a pixel belongs to, the share of votes for a spiral arm, the
// velocity of the gas. The same layers, size and pixel scale for all n objects.
struct MapBlock {
  int64_t n = 0, height = 0, width = 0;  // and K = layers.size()
  std::vector<MapLayer> layers;
  double pixel_scale_arcsec = 0;         // 0: unknown
  bool integer = false;                  // true: labels or bit flags, whole numbers from 0 to 2^24
  bool has_ivar = false;                 // false: ivar is 1 where mask is 0
  base::AlignedVector<uint8_t> present;  // [n]
  base::AlignedVector<float> value;      // [n, K, H, W]
  base::AlignedVector<float> ivar;       // [n, K, H, W], 1/unit^2 of the layer, 0 where masked
  base::AlignedVector<uint8_t> mask;     // [n, K, H, W], 1 = do not use
};

// Spectral cubes: a spectrum in every pixel. The wavelengths of an object are those of all its pixels; cubes that are
// shorter than the longest of the block are padded at the end as spectra are.
struct CubeBlock {
  int64_t n = 0, length = 0, height = 0, width = 0;  // length L
  std::string unit;                                  // of each pixel: "1e-17 erg/s/cm^2/Angstrom"
  double pixel_scale_arcsec = 0;                     // 0: unknown
  base::AlignedVector<uint8_t> present;              // [n]
  base::AlignedVector<float> wavelength_angstrom;    // [n, L], vacuum, observed frame, strictly increasing
  base::AlignedVector<float> lsf_sigma_angstrom;     // [n, L], Gaussian sigma of the line spread; 0: unknown
  base::AlignedVector<float> flux;                   // [n, L, H, W]
  base::AlignedVector<float> ivar;                   // [n, L, H, W], 1/unit^2, 0 where masked
  base::AlignedVector<uint8_t> mask;                 // [n, L, H, W], 1 = do not use
};

using Block = std::variant<ImageBlock, SpectrumBlock, ScalarBlock, VectorBlock, LightCurveBlock, CatalogBlock, MapBlock,
                           CubeBlock>;

// Who an object is. The id is text and unique within its survey.
struct ObjectKey {
  std::string survey, id;
  bool has_position = false;
  double ra_deg = 0, dec_deg = 0;  // ICRS
  uint64_t hash() const;           // of survey and id: the key of every random choice about this object
};

struct Batch {
  std::vector<ObjectKey> objects;  // n of them
  std::map<std::string, Block>
      blocks;  // modality name ("image_legacy", "spectrum_desi", "flux_g", "redshift") -> block
  int64_t size() const { return int64_t(objects.size()); }
};

// Number of rows, and the presence flags, whatever the kind.
int64_t rows(const Block& block);
const base::AlignedVector<uint8_t>& present(const Block& block);

// "image", "spectrum", "scalar", "vector", "light_curve", "catalog", "map" or "cube".
std::string kind(const Block& block);

// Throws DataError naming `name`, the row and the value where the promises above are broken (sizes, NaN, mask and ivar
// that disagree, wavelengths out of order, a present flag other than 0 or 1).
void check(const std::string& name, const Block& block);
void check(const Batch& batch);

// The given rows, in the given order (rows may repeat).
Block select(const Block& block, const std::vector<int64_t>& rows);
Batch select(const Batch& batch, const std::vector<int64_t>& rows);

// Blocks of one modality joined along n. Spectra, cubes, light curves and lists are padded to the longest, bands of
// light curves are joined by name; images, maps and cubes must agree in bands or layers, size, scale and unit
// (DataError names the difference).
Block concatenate(const std::vector<Block>& blocks);
Batch concatenate(const std::vector<Batch>& batches);  // a modality missing from one batch is absent there

// A block like this one with n rows, none present: what a batch holds for a modality that its objects lack.
Block absent_like(const Block& block, int64_t n);

}  // namespace asterism::modalities
