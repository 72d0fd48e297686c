#include "astro/wcs.h"

#include <wcslib/wcs.h>
#include <wcslib/wcsfix.h>
#include <wcslib/wcshdr.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <mutex>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace asterism::astro {
namespace {

struct ParsedWcs {
  int count = 0;
  wcsprm* all = nullptr;
  ~ParsedWcs() { wcsvfree(&count, &all); }
};

// Whether wcsset could invert the matrix from pixels to intermediate coordinates: where a row of it has no finite
// number but zero, WCSLIB 7.12 gives up and never frees what it had allocated for it. It puts a 1 on the diagonal of a
// CD matrix for an axis that has zeros alone in its row and in its column (CD of two axes of three).
bool rows_can_be_inverted(const wcsprm& wcs) {
  const bool by_cd = (wcs.altlin & 2) && !(wcs.altlin & 1), by_crota = (wcs.altlin & 4) && !(wcs.altlin & 1);
  for (int axis = 0; axis < wcs.naxis; ++axis) {
    bool in_row = false, in_column = false;
    for (int other = 0; other < wcs.naxis; ++other) {
      const int cell = axis * wcs.naxis + other, mirrored = other * wcs.naxis + axis;
      const double value = by_cd ? wcs.cd[cell] : wcs.cdelt[axis] * wcs.pc[cell];
      if (!std::isfinite(value)) return false;
      in_row |= value != 0;
      in_column |= by_cd && wcs.cd[mirrored] != 0;
    }
    if (!in_row && (!by_cd || in_column)) return false;
    if (by_crota && !std::isfinite(wcs.crota[axis])) return false;
  }
  return true;
}

// Parameters (PVi_m) beside TAN, which takes none of them: SCAMP wrote its polynomials (TPV) under the name of TAN, and
// others write zeros that mean nothing, which go.
void settle_parameters_of_tan(std::vector<char>& cards) {
  const std::string_view all(cards.data(), cards.size());
  std::vector<size_t> types, parameters;
  bool polynomials = false;
  for (size_t at = 0; at + 80 <= all.size(); at += 80) {
    const std::string_view card = all.substr(at, 80);
    for (const char* type : {"'RA---TAN'", "'DEC--TAN'"}) {
      if (card.starts_with("CTYPE") && card.find(type) != std::string_view::npos) types.push_back(at + card.find(type));
    }
    if (!card.starts_with("PV1_") && !card.starts_with("PV2_")) continue;
    parameters.push_back(at);
    const int number = std::atoi(cards.data() + at + 4);  // ends at the card's "="
    const bool of_polynomial = card[2] == '2' ? number > 0 : number > 4;
    polynomials |= of_polynomial && std::atof(cards.data() + at + 10) != 0;
  }
  if (types.size() != 2) return;
  for (const size_t at : types) {
    if (polynomials) std::copy_n("TPV", 3, cards.begin() + int64_t(at) + 6);
  }
  for (const size_t at : parameters) {
    if (!polynomials && std::atof(cards.data() + at + 10) == 0) std::fill_n(cards.begin() + int64_t(at), 80, ' ');
  }
}

// TAN with the pole where it is by default, and nothing that bends it.
bool is_plain_tangent(const wcsprm& wcs) {
  const bool pole = wcs.lonpole == 180.0 || wcs.lonpole == 999.0 || !std::isfinite(wcs.lonpole);
  return std::strcmp(wcs.cel.prj.code, "TAN") == 0 && pole && wcs.lin.dispre == nullptr && wcs.lin.disseq == nullptr;
}

TangentWcs as_written(const wcsprm& wcs) {
  TangentWcs out;
  out.crpix_x = wcs.crpix[0] - 1;
  out.crpix_y = wcs.crpix[1] - 1;
  out.crval = {wrap_ra(wcs.crval[wcs.lng]), wcs.crval[wcs.lat]};
  const int axes[2] = {wcs.lng, wcs.lat};
  for (int row = 0; row < 2; ++row)
    for (int column = 0; column < 2; ++column)
      out.cd[row][column] = wcs.cdelt[axes[row]] * wcs.pc[axes[row] * wcs.naxis + column];
  return out;
}

// The position of a pixel by all that the header says.
SkyPosition exact_sky_of(wcsprm& wcs, double x, double y, const std::string& source) {
  const size_t axes = size_t(wcs.naxis);
  std::vector<double> pixel(wcs.crpix, wcs.crpix + axes), plane(axes), world(axes);
  pixel[0] = x + 1;
  pixel[1] = y + 1;
  double phi = 0, theta = 0;
  int status = 0;
  if (wcsp2s(&wcs, 1, wcs.naxis, pixel.data(), plane.data(), &phi, &theta, world.data(), &status) != 0 || status != 0 ||
      !std::isfinite(world[size_t(wcs.lng)]) || !(std::abs(world[size_t(wcs.lat)]) <= 90))
    base::data_error("{}: projection '{}': pixel ({}, {}) is not on the sky", source, wcs.cel.prj.code, x, y);
  return {wrap_ra(world[size_t(wcs.lng)]), world[size_t(wcs.lat)]};
}

TangentWcs tangent_plane_of(wcsprm& wcs, const PixelBox& box, const std::string& source) {
  TangentWcs out;
  out.crpix_x = (box.x0 + box.x1) / 2;
  out.crpix_y = (box.y0 + box.y1) / 2;
  out.crval = exact_sky_of(wcs, out.crpix_x, out.crpix_y, source);
  for (int column = 0; column < 2; ++column) {
    const double dx = column == 0 ? 0.5 : 0, dy = 0.5 - dx;
    const auto ahead = exact_sky_of(wcs, out.crpix_x + dx, out.crpix_y + dy, source);
    const auto behind = exact_sky_of(wcs, out.crpix_x - dx, out.crpix_y - dy, source);
    if (separation_deg(ahead, behind) > 10)
      base::data_error("{}: a pixel is {} degrees wide", source, separation_deg(ahead, behind));
    const auto a = to_tangent_plane(out.crval, ahead), b = to_tangent_plane(out.crval, behind);
    out.cd[0][column] = a.xi_deg - b.xi_deg;
    out.cd[1][column] = a.eta_deg - b.eta_deg;
  }
  constexpr int kSteps = 4;
  double most = 0;
  for (int i = 0; i <= kSteps; ++i) {
    for (int j = 0; j <= kSteps; ++j) {
      const double x = box.x0 + (box.x1 - box.x0) * i / kSteps, y = box.y0 + (box.y1 - box.y0) * j / kSteps;
      const double off = separation_deg(out.sky_of(x, y), exact_sky_of(wcs, x, y, source));
      most = std::max(most, off * 3600 / out.pixel_scale_arcsec());
    }
  }
  if (!(most <= kMostOffPlane))
    base::data_error(
        "{}: projection '{}'{} over {} x {} pixels is up to {:.2g} pixels off a tangent plane, {} are allowed: cut "
        "smaller "
        "images",
        source, wcs.cel.prj.code, wcs.lin.dispre || wcs.lin.disseq ? " with distortions" : "", box.x1 - box.x0 + 1,
        box.y1 - box.y0 + 1, most, kMostOffPlane);
  return out;
}

}  // namespace

SkyPosition TangentWcs::sky_of(double x, double y) const {
  const double dx = x - crpix_x, dy = y - crpix_y;
  return from_tangent_plane(crval, {cd[0][0] * dx + cd[0][1] * dy, cd[1][0] * dx + cd[1][1] * dy});
}

std::pair<double, double> TangentWcs::pixel_of(SkyPosition p) const {
  const TangentOffset o = to_tangent_plane(crval, p);
  const double det = cd[0][0] * cd[1][1] - cd[0][1] * cd[1][0];
  return {crpix_x + (cd[1][1] * o.xi_deg - cd[0][1] * o.eta_deg) / det,
          crpix_y + (cd[0][0] * o.eta_deg - cd[1][0] * o.xi_deg) / det};
}

double TangentWcs::pixel_scale_arcsec() const {
  return 3600 * std::sqrt(std::abs(cd[0][0] * cd[1][1] - cd[0][1] * cd[1][0]));
}

TangentWcs read_wcs(const std::string& header_cards, const std::string& source, const PixelBox& box) {
  if (header_cards.empty() || header_cards.size() % 80 != 0 || header_cards.size() > size_t(80) * 100000)
    base::data_error("{}: a header of {} characters is not made of cards of 80", source, header_cards.size());
  // The parser inside wcslib is generated by flex and keeps its state in globals.
  static std::mutex mutex;
  const std::lock_guard lock(mutex);
  std::vector<char> cards(header_cards.begin(), header_cards.end());
  cards.push_back('\0');
  settle_parameters_of_tan(cards);
  ParsedWcs parsed;
  int rejected = 0;
  const int status =
      wcspih(cards.data(), int(header_cards.size() / 80), WCSHDR_all, 0, &rejected, &parsed.count, &parsed.all);
  if (status != 0 || parsed.count < 1)
    base::data_error("{}: no world coordinates in the header (wcslib status {})", source, status);
  wcsprm& wcs = parsed.all[0];
  if (!rows_can_be_inverted(wcs))
    base::data_error("{}: the matrix from pixels to sky (CDELT with PC, or CD) has an axis of zeros or no numbers",
                     source);
  int fixed[NWCSFIX];
  wcsfix(0, nullptr, &wcs, fixed);
  if (wcs.naxis < 2 || wcsset(&wcs) != 0 || wcs.lng < 0 || wcs.lat < 0)
    base::data_error("{}: the header has no celestial axes", source);
  if (std::strcmp(wcs.lngtyp, "RA") != 0 || std::strcmp(wcs.lattyp, "DEC") != 0)
    base::data_error("{}: axes {} and {}: only right ascension and declination are read", source, wcs.ctype[wcs.lng],
                     wcs.ctype[wcs.lat]);
  // Our two axes must be the first two pixel axes; others (bands, velocity) may follow.
  if (wcs.lng > 1 || wcs.lat > 1) base::data_error("{}: the celestial axes are not the first two", source);
  const TangentWcs out = is_plain_tangent(wcs) ? as_written(wcs) : tangent_plane_of(wcs, box, source);
  const double det = out.cd[0][0] * out.cd[1][1] - out.cd[0][1] * out.cd[1][0];
  if (!std::isfinite(det) || det == 0 || !std::isfinite(out.crval.ra_deg) || !(std::abs(out.crval.dec_deg) <= 90) ||
      !std::isfinite(out.crpix_x) || !std::isfinite(out.crpix_y))
    base::data_error("{}: the matrix from pixels to sky has determinant {}, reference ({}, {})", source, det,
                     out.crval.ra_deg, out.crval.dec_deg);
  return out;
}

}  // namespace asterism::astro
