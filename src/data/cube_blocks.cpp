#include "data/cube_blocks.h"

#include <arrow/api.h>

#include <algorithm>

#include "base/error.h"
#include "data/arrow_lists.h"
#include "data/nested_planes.h"
#include "modalities/cube.h"

namespace asterism::data {
namespace {

using modalities::CubeBlock;

struct CubeFields {
  PlaneField flux, ivar, mask;
  ListRanges wavelength, lsf;
};

CubeFields fields_of(const arrow::StructArray& column, const std::string& where) {
  CubeFields out{plane_field(column, "flux", where),
                 plane_field(column, "ivar", where),
                 plane_field(column, "mask", where),
                 {},
                 {}};
  const auto wavelength = column.GetFieldByName("lambda"), lsf = column.GetFieldByName("lsf_sigma");
  if (!wavelength) base::data_error("{}: there is no field 'lambda'", where);
  out.wavelength = list_ranges(*wavelength, where + ".lambda");
  if (lsf) out.lsf = list_ranges(*lsf, where + ".lsf_sigma");
  return out;
}

void read_row(const CubeFields& f, int64_t row, const std::string& where, CubeBlock& block) {
  const size_t r = size_t(row);
  const int64_t length = f.wavelength.length[r], plane = block.height * block.width, size = length * plane;
  const auto start = [&](const PlaneField& field, const char* name) {
    return planes_start(field, length, block.height, block.width, row, where + name);
  };
  block.present[r] = 1;
  read_floats(*f.wavelength.values, f.wavelength.first[r], length,
              block.wavelength_angstrom.data() + row * block.length, nullptr, where + ".lambda");
  if (!f.lsf.first.empty() && f.lsf.length[r] == length)
    read_floats(*f.lsf.values, f.lsf.first[r], length, block.lsf_sigma_angstrom.data() + row * block.length, nullptr,
                where + ".lsf_sigma");
  const size_t at = r * size_t(block.length * plane);
  uint8_t* mask = block.mask.data() + at;
  float* ivar = block.ivar.data() + at;
  std::fill(mask, mask + size, uint8_t{0});
  std::fill(ivar, ivar + size, 1.0f);
  if (f.mask.known) read_flags(*f.mask.pixels.values, start(f.mask, ".mask"), size, mask, where);
  read_floats(*f.flux.pixels.values, start(f.flux, ".flux"), size, block.flux.data() + at, mask, where);
  if (f.ivar.known) read_floats(*f.ivar.pixels.values, start(f.ivar, ".ivar"), size, ivar, mask, where);
  for (int64_t i = 0; i < size; ++i) {
    if (!(ivar[i] > 0)) mask[i] = 1;
    if (mask[i] != 0) ivar[i] = 0;
  }
}

}  // namespace

CubeBlock read_cubes(const arrow::StructArray& column, const ModalityColumn& layout, const std::string& where) {
  const CubeFields f = fields_of(column, where);
  int64_t longest = 0;
  for (int64_t row = 0; row < column.length(); ++row) {
    if (column.IsValid(row)) longest = std::max(longest, f.wavelength.length[size_t(row)]);
  }
  CubeBlock block = modalities::make_cubes(column.length(), longest, layout.height, layout.width, layout.unit,
                                           layout.pixel_scale_arcsec);
  for (int64_t row = 0; row < column.length(); ++row) {
    if (column.IsValid(row) && f.wavelength.length[size_t(row)] > 0 && f.flux.known) read_row(f, row, where, block);
  }
  try {
    modalities::check("cubes", block);
  } catch (const base::DataError& error) {
    base::data_error("{}: {}", where, error.what());
  }
  return block;
}

}  // namespace asterism::data
