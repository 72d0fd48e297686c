#include "data/surveys/fits_wcs.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "base/error.h"

namespace asterism::data {
namespace {

// Keywords that begin so take part in the celestial part of a header (FITS 4.0, table 22; SIP: Shupe et al. 2005).
bool is_coordinate_keyword(std::string_view keyword, bool sip) {
  static constexpr std::array<std::string_view, 18> starts = {
      "CTYPE", "CRVAL", "CRPIX", "CDELT", "CD1_",    "CD2_",    "CD3_",    "PC1_",    "PC2_",
      "PC001", "PC002", "PV1_",  "PV2_",  "LONPOLE", "LATPOLE", "RADESYS", "EQUINOX", "CROTA"};
  for (const std::string_view start : starts) {
    if (keyword.starts_with(start)) return true;
  }
  if (sip && (keyword.starts_with("A_") || keyword.starts_with("B_"))) return true;
  return keyword == "WCSAXES" || keyword.starts_with("CUNIT") || keyword.starts_with("NAXIS");
}

std::string card(const std::string& keyword, const std::string& value) {
  std::string out =
      value.starts_with("'") ? fmt::format("{:<8}= {}", keyword, value) : fmt::format("{:<8}= {:>20}", keyword, value);
  out.resize(80, ' ');
  return out;
}

}  // namespace

astro::TangentWcs wcs_of(const io::FitsHdu& hdu, const std::string& where) {
  const auto& shape = hdu.shape();
  const double width = shape.empty() ? 1 : double(shape.back());
  const double height = shape.size() < 2 ? 1 : double(shape[shape.size() - 2]);
  return wcs_of(hdu, where, {0, 0, width - 1, height - 1});
}

astro::TangentWcs wcs_of(const io::FitsHdu& hdu, const std::string& where, const astro::PixelBox& box) {
  const auto cards = hdu.cards();
  const bool sip = std::any_of(cards.begin(), cards.end(), [](const auto& one) {
    return one.first.starts_with("CTYPE") && one.second.find("-SIP") != std::string::npos;
  });
  std::string header;
  for (const auto& [keyword, value] : cards) {
    if (keyword.size() <= 8 && value.size() <= 68 && is_coordinate_keyword(keyword, sip))
      header += card(keyword, value);
  }
  std::string end = "END";
  end.resize(80, ' ');
  return astro::read_wcs(header + end, where, box);
}

}  // namespace asterism::data
