#include "data/surveys/fits_wcs.h"

#include <array>
#include <string_view>

#include "base/error.h"

namespace asterism::data {
namespace {

// Keywords that begin so take part in the celestial part of a header (FITS 4.0, table 22).
bool is_coordinate_keyword(std::string_view keyword) {
  static constexpr std::array<std::string_view, 14> starts = {"CTYPE",   "CRVAL",   "CRPIX",   "CDELT",  "CD1_",
                                                              "CD2_",    "CD3_",    "PC1_",    "PC2_",   "CUNIT",
                                                              "LONPOLE", "LATPOLE", "RADESYS", "EQUINOX"};
  for (const std::string_view start : starts) {
    if (keyword.starts_with(start)) return true;
  }
  return keyword == "WCSAXES" || keyword.starts_with("NAXIS");
}

std::string card(const std::string& keyword, const std::string& value) {
  std::string out =
      value.starts_with("'") ? fmt::format("{:<8}= {}", keyword, value) : fmt::format("{:<8}= {:>20}", keyword, value);
  out.resize(80, ' ');
  return out;
}

}  // namespace

astro::TangentWcs wcs_of(const io::FitsHdu& hdu, const std::string& where) {
  std::string header;
  for (const auto& [keyword, value] : hdu.cards()) {
    if (keyword.size() <= 8 && value.size() <= 68 && is_coordinate_keyword(keyword)) header += card(keyword, value);
  }
  std::string end = "END";
  end.resize(80, ' ');
  return astro::read_wcs(header + end, where);
}

}  // namespace asterism::data
