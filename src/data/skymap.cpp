#include "data/skymap.h"

#include <map>

#include "io/fits_writer.h"

namespace asterism::data {

std::vector<int64_t> write_skymap(const std::filesystem::path& path,
                                  const std::vector<std::span<const int64_t>>& sorted_runs) {
  std::map<int64_t, int64_t> counts;
  for (const auto run : sorted_runs) {
    for (const int64_t index : run) ++counts[index >> (2 * (29 - kSkymapOrder))];
  }
  std::vector<int64_t> pixels, values;
  for (const auto& [pixel, count] : counts) {
    pixels.push_back(pixel);
    values.push_back(count);
  }
  io::FitsWriter writer;
  writer.card("PIXTYPE", std::string("HEALPIX"))
      .card("ORDERING", std::string("NESTED"))
      .card("COORDSYS", std::string("C"), "equatorial")
      .card("INDXSCHM", std::string("EXPLICIT"))
      .card("NSIDE", int64_t{1} << kSkymapOrder)
      .card("OBS_NPIX", int64_t(pixels.size()));
  writer.table("SKYMAP", {{"PIXEL", "", pixels}, {"VALUE", "", values}});
  writer.write(path);
  return pixels;
}

}  // namespace asterism::data
