#include "data/moc.h"

#include <algorithm>
#include <charconv>

#include "base/error.h"
#include "io/file_bytes.h"
#include "io/fits.h"
#include "io/fits_writer.h"
#include "io/json.h"

namespace asterism::data {
namespace {

constexpr int kOrder = 29;

std::pair<int64_t, int64_t> range_of(int order, int64_t pixel, const std::string& place) {
  if (order < 0 || order > kOrder || pixel < 0 || pixel >= int64_t{12} << (2 * order))
    base::data_error("{}: order {}, pixel {} is no HEALPix pixel", place, order, pixel);
  const int shift = 2 * (kOrder - order);
  return {pixel << shift, (pixel + 1) << shift};
}

MocRanges from_fits(const std::filesystem::path& path) {
  const auto file = io::FitsFile::open(path);
  for (int h = 1; h < file.num_hdus(); ++h) {
    const auto hdu = file.hdu(h);
    if (hdu.kind() != io::FitsKind::kTable || hdu.columns().empty()) continue;
    const std::string where = fmt::format("{}, HDU {}", path.string(), h);
    const auto values = hdu.column<int64_t>(hdu.columns()[0].name).values;
    const std::string ordering = hdu.text("ORDERING").value_or("NUNIQ");
    MocRanges out;
    if (ordering == "RANGE") {
      if (values.size() % 2 != 0) base::data_error("{}: an odd number of ends of ranges", where);
      for (size_t i = 0; i < values.size(); i += 2) {
        if (values[i] < 0 || values[i + 1] <= values[i] || values[i + 1] > int64_t{12} << (2 * kOrder))
          base::data_error("{}, row {}: {} to {} is no range of pixels", where, i, values[i], values[i + 1]);
        out.emplace_back(values[i], values[i + 1]);
      }
      return normalised(std::move(out));
    }
    if (ordering != "NUNIQ" && ordering != "NESTED")
      base::data_error("{}: ORDERING is '{}'; a MOC has NUNIQ or RANGE", where, ordering);
    for (size_t i = 0; i < values.size(); ++i) {
      int order = -1;  // uniq = pixel + 4 * 4^order
      for (int64_t rest = values[i] >> 2; rest > 0; rest >>= 2) ++order;
      const std::string place = fmt::format("{}, row {}", where, i);
      if (values[i] < 4) base::data_error("{}: {} is no NUNIQ number", place, values[i]);
      out.push_back(range_of(order, values[i] - (int64_t{4} << (2 * order)), place));
    }
    return normalised(std::move(out));
  }
  base::data_error("{}: no table of pixels", path.string());
}

MocRanges from_json(const std::string& text, const std::string& where) {
  const auto json = io::parse_json(text, where);
  if (!json.is_object()) base::data_error("{}: a MOC in JSON is {{\"order\": [pixels], ...}}", where);
  MocRanges out;
  for (const auto& [key, pixels] : json.items()) {
    int order = -1;
    const auto read = std::from_chars(key.data(), key.data() + key.size(), order);
    if (read.ec != std::errc() || read.ptr != key.data() + key.size() || !pixels.is_array())
      base::data_error("{}: '{}' is no order with a list of pixels", where, key.substr(0, 40));
    for (const auto& pixel : pixels) {
      if (!pixel.is_number_integer()) base::data_error("{}: a pixel of order {} is no whole number", where, order);
      out.push_back(range_of(order, pixel.get<int64_t>(), where));
    }
  }
  return normalised(std::move(out));
}

}  // namespace

MocRanges normalised(MocRanges ranges) {
  std::sort(ranges.begin(), ranges.end());
  MocRanges out;
  for (const auto& range : ranges) {
    if (!out.empty() && range.first <= out.back().second) {
      out.back().second = std::max(out.back().second, range.second);
    } else {
      out.push_back(range);
    }
  }
  return out;
}

MocRanges read_moc(const std::filesystem::path& path) {
  const std::string name = path.filename().string();
  if (name.ends_with(".json")) return from_json(io::read_text(path), path.string());
  return from_fits(path);
}

void write_moc(const std::filesystem::path& path, const std::vector<int64_t>& pixels, int order) {
  std::vector<int64_t> uniq, level = pixels;
  level.erase(std::unique(level.begin(), level.end()), level.end());
  for (int k = order; k >= 0; --k) {
    std::vector<int64_t> coarser;
    for (size_t i = 0; i < level.size();) {
      const bool four = k > 0 && level[i] % 4 == 0 && i + 3 < level.size() && level[i + 3] == level[i] + 3;
      if (four) {
        coarser.push_back(level[i] / 4);
        i += 4;
      } else {
        uniq.push_back((int64_t{4} << (2 * k)) + level[i++]);
      }
    }
    level = std::move(coarser);
  }
  std::sort(uniq.begin(), uniq.end());
  io::FitsWriter writer;
  writer.card("PIXTYPE", std::string("HEALPIX"))
      .card("ORDERING", std::string("NUNIQ"))
      .card("COORDSYS", std::string("C"), "equatorial")
      .card("MOCVERS", std::string("2.0"))
      .card("MOCDIM", std::string("SPACE"))
      .card("MOCORD_S", int64_t(order))
      .card("MOCORDER", int64_t(order));
  writer.table("MOC", {{"UNIQ", "", uniq}});
  writer.write(path);
}

bool touches(const MocRanges& ranges, int64_t begin, int64_t end) {
  const auto after = std::upper_bound(ranges.begin(), ranges.end(), begin,
                                      [](int64_t index, const auto& range) { return index < range.second; });
  return after != ranges.end() && after->first < end;
}

}  // namespace asterism::data
