#include "data/nested_planes.h"

#include <arrow/api.h>

#include <algorithm>

#include "base/error.h"

namespace asterism::data {

PlaneField plane_field(const arrow::StructArray& column, const std::string& name, const std::string& where) {
  PlaneField out;
  const auto child = column.GetFieldByName(name);
  if (!child) return out;
  out.planes = list_ranges(*child, where + "." + name);
  out.lines = list_ranges(*out.planes.values, where + "." + name);
  if (std::find(out.lines.valid.begin(), out.lines.valid.end(), 1) == out.lines.valid.end()) return out;
  out.pixels = list_ranges(*out.lines.values, where + "." + name);
  out.known = true;
  return out;
}

int64_t planes_start(const PlaneField& f, int64_t planes, int64_t height, int64_t width, int64_t row,
                     const std::string& where) {
  const int64_t plane = f.planes.first[size_t(row)];
  if (f.planes.length[size_t(row)] != planes)
    base::data_error("{}, row {}: {} planes; {} are wanted", where, row, f.planes.length[size_t(row)], planes);
  int64_t start = -1, expected = -1;
  for (int64_t b = plane; b < plane + planes; ++b) {
    if (f.lines.length[size_t(b)] != height)
      base::data_error("{}, row {}: an image of {} lines; the others have {}", where, row, f.lines.length[size_t(b)],
                       height);
    const int64_t line = f.lines.first[size_t(b)];
    for (int64_t y = line; y < line + height; ++y) {
      const int64_t first = f.pixels.first[size_t(y)];
      if (f.pixels.length[size_t(y)] != width || (expected >= 0 && first != expected))
        base::data_error("{}, row {}: a line of {} pixels; the others have {}", where, row, f.pixels.length[size_t(y)],
                         width);
      if (start < 0) start = first;
      expected = first + width;
    }
  }
  return std::max<int64_t>(start, 0);
}

}  // namespace asterism::data
