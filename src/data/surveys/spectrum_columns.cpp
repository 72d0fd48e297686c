#include "data/surveys/spectrum_columns.h"

#include <cmath>

#include "base/error.h"
#include "data/surveys/file_pattern.h"
#include "data/surveys/table_cells.h"
#include "io/any_table.h"
#include "io/fits.h"

namespace asterism::data {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kMostPixels = 1'000'000;

bool is_fits(const fs::path& path) {
  try {
    return io::table_format(path) == "fits";
  } catch (const base::DataError&) {
    return true;  // and the complaint is that of the reader of FITS
  }
}

void check_size(int64_t pixels, const std::string& where) {
  if (pixels < 1 || pixels > kMostPixels)
    base::data_error("{}: a spectrum of {} pixels; 1 to {} are allowed", where, pixels, kMostPixels);
}

// The pixels of a FITS column: all its rows, or the list in one of them.
template <class T>
io::FitsValues<T> pixels_of(const io::FitsHdu& table, const std::string& name, std::optional<int64_t> row,
                            const std::string& where) {
  const auto& column = table.need_column(name);
  if (column.variable_length) {
    const auto lists = table.list_column<T>(name);
    const int64_t at = row.value_or(0);
    if (at >= table.num_rows()) base::data_error("{}: row {} of {}", where, at, table.num_rows());
    const size_t begin = size_t(lists.offsets[size_t(at)]), end = size_t(lists.offsets[size_t(at) + 1]);
    return {{int64_t(end - begin)},
            {lists.values.begin() + int64_t(begin), lists.values.begin() + int64_t(end)},
            {lists.valid.begin() + int64_t(begin), lists.valid.begin() + int64_t(end)}};
  }
  if (column.per_row <= 1) return table.column<T>(name);
  const int64_t at = row.value_or(0);
  if (!row && table.num_rows() != 1)
    base::data_error("{}: {} rows of spectra: `row` says which one is the object's", where, table.num_rows());
  if (at >= table.num_rows()) base::data_error("{}: row {} of {}", where, at, table.num_rows());
  return table.column<T>(name, at, 1);
}

SpectrumColumn numbers(const io::FitsValues<double>& values, const std::string& unit) {
  SpectrumColumn out{values.values, unit};
  for (size_t i = 0; i < out.values.size(); ++i) {
    if (values.valid[i] == 0) out.values[i] = NAN;
  }
  return out;
}

std::vector<int64_t> flags(const io::FitsValues<int64_t>& values) {
  std::vector<int64_t> out = values.values;
  for (size_t i = 0; i < out.size(); ++i) {
    if (values.valid[i] == 0) out[i] = -1;  // every bit: what is not known is bad
  }
  return out;
}

SpectralAxis axis_of(const SpectrumColumn& column) { return {column.values, column.unit, false, false}; }

SpectrumColumns of_fits_table(const fs::path& path, const std::string& hdu, const SpectrumNames& names) {
  const auto file = io::FitsFile::open(path);
  int first = 0;
  while (hdu.empty() && first < file.num_hdus() && file.hdu(first).kind() != io::FitsKind::kTable) ++first;
  if (hdu.empty() && first == file.num_hdus())
    base::data_error("{}: no table. Without `flux` it is read as an image", path.string());
  const auto table = hdu.empty() ? file.hdu(first) : hdu_of(file, hdu);
  SpectrumColumns out;
  out.where = path.string() + ", HDU " + (hdu.empty() ? std::to_string(first) : hdu);
  if (table.kind() != io::FitsKind::kTable)
    base::data_error("{}: no table. Without `flux` it is read as an image", out.where);
  const auto column = [&](const std::string& name) {
    if (name.empty()) return SpectrumColumn{};
    return numbers(pixels_of<double>(table, name, names.row, out.where), table.need_column(name).unit);
  };
  out.wavelength = axis_of(column(names.wavelength));
  out.flux = column(names.flux);
  out.uncertainty = column(names.uncertainty);
  out.lsf = column(names.lsf);
  if (!names.mask.empty()) out.mask = flags(pixels_of<int64_t>(table, names.mask, names.row, out.where));
  return out;
}

// A line of an image: its only one, or the one that `row` names.
template <class T>
io::FitsValues<T> line_of(const io::FitsHdu& hdu, std::optional<int64_t> row, const std::string& where) {
  if (hdu.shape().empty()) base::data_error("{}: no image", where);
  auto all = hdu.image<T>();
  const int64_t width = all.shape.back(), lines = width == 0 ? 0 : int64_t(all.values.size()) / width;
  if (lines == 1) return all;
  if (!row) base::data_error("{}: {} lines of spectra: `row` says which one is the object's", where, lines);
  if (*row >= lines) base::data_error("{}: line {} of {}", where, *row, lines);
  const auto begin = *row * width, end = begin + width;
  return {{width},
          {all.values.begin() + begin, all.values.begin() + end},
          {all.valid.begin() + begin, all.valid.begin() + end}};
}

}  // namespace

SpectrumColumns read_spectrum_table(const fs::path& path, const std::string& hdu, const SpectrumNames& names) {
  if (is_fits(path)) return of_fits_table(path, hdu, names);
  if (!hdu.empty() || names.row)
    base::data_error("{}: an HDU or a `row` of a file that is no FITS: its rows are pixels", path.string());
  const TableCells table(io::read_any_table(path), path.string());
  check_size(table.num_rows(), path.string());
  SpectrumColumns out;
  out.where = path.string();
  const auto column = [&](const std::string& name) {
    SpectrumColumn one;
    if (name.empty()) return one;
    table.need(name);
    one.unit = table.word(name, "unit");
    for (int64_t i = 0; i < table.num_rows(); ++i) one.values.push_back(table.number(i, name).value_or(NAN));
    return one;
  };
  out.wavelength = axis_of(column(names.wavelength));
  out.flux = column(names.flux);
  out.uncertainty = column(names.uncertainty);
  out.lsf = column(names.lsf);
  for (const double value : column(names.mask).values)
    out.mask.push_back(std::isfinite(value) && std::abs(value) < 9e18 ? int64_t(value) : -1);
  return out;
}

SpectrumColumns read_spectrum_image(const fs::path& path, const std::string& hdu, const SpectrumNames& names) {
  const auto file = io::FitsFile::open(path);
  int first = 0;
  while (hdu.empty() && first < file.num_hdus() && file.hdu(first).shape().empty()) ++first;
  if (hdu.empty() && first == file.num_hdus())
    base::data_error("{}: no image. With `flux` it is read as a table", path.string());
  const auto image = hdu.empty() ? file.hdu(first) : hdu_of(file, hdu);
  SpectrumColumns out;
  out.where = path.string() + ", HDU " + (hdu.empty() ? std::to_string(first) : hdu);
  out.flux = numbers(line_of<double>(image, names.row, out.where), image.text("BUNIT").value_or(""));
  const auto beside = [&](const std::string& name) {
    if (name.empty()) return SpectrumColumn{};
    const auto other = hdu_of(file, name);
    return numbers(line_of<double>(other, names.row, path.string() + ", HDU " + name),
                   other.text("BUNIT").value_or(""));
  };
  out.uncertainty = beside(names.uncertainty);
  out.lsf = beside(names.lsf);
  out.wavelength = names.wavelength.empty() ? spectral_axis(image, 1, int64_t(out.flux.values.size()), out.where)
                                            : axis_of(beside(names.wavelength));
  if (!names.mask.empty())
    out.mask = flags(line_of<int64_t>(hdu_of(file, names.mask), names.row, path.string() + ", HDU " + names.mask));
  return out;
}

}  // namespace asterism::data
