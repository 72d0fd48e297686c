#include "report/sky_map.h"

#include <cmath>
#include <numbers>

#include "base/error.h"

namespace asterism::report {
namespace {

constexpr double kRadians = std::numbers::pi / 180;
constexpr int kGridStep = 30;  // degrees

// Longitude from the centre, growing with right ascension, in [-180, 180).
double from_centre(double ra_deg, double centre_ra_deg) {
  double away = std::fmod(ra_deg - centre_ra_deg + 180, 360);
  if (away < 0) away += 360;
  return away - 180;
}

std::pair<double, double> project(double away_deg, double dec_deg) {
  const double latitude = dec_deg * kRadians;
  double theta = latitude;  // 2 theta + sin 2 theta = pi sin(latitude), by Newton's steps
  if (std::abs(dec_deg) > 89.9999) {
    theta = std::copysign(std::numbers::pi / 2, latitude);
  } else {
    for (int i = 0; i < 50; ++i) {
      const double step =
          (2 * theta + std::sin(2 * theta) - std::numbers::pi * std::sin(latitude)) / (2 + 2 * std::cos(2 * theta));
      theta -= step;
      if (std::abs(step) < 1e-12) break;
    }
  }
  return {-2 * away_deg / 180 * std::cos(theta), std::sin(theta)};
}

// Meridians and parallels as one line with gaps, and the outline.
void add_grid(Figure& figure) {
  Line grid, outline;
  const auto end_piece = [](Line& line) {
    line.x.push_back(std::nan(""));
    line.y.push_back(std::nan(""));
  };
  const auto point = [](Line& line, double away, double dec) {
    const auto place = project(away, dec);
    line.x.push_back(place.first);
    line.y.push_back(place.second);
  };
  for (int away = -150; away <= 150; away += kGridStep) {
    for (int dec = -90; dec <= 90; dec += 2) point(grid, away, dec);
    end_piece(grid);
  }
  for (int dec = -60; dec <= 60; dec += kGridStep) {
    point(grid, -180, dec);
    point(grid, 180, dec);
    end_piece(grid);
  }
  for (int dec = -90; dec <= 90; dec += 1) point(outline, -180, dec);
  for (int dec = 90; dec >= -90; dec -= 1) point(outline, 180, dec);
  grid.colour = Colour::kMuted;
  grid.width = 0.4;
  outline.colour = Colour::kMuted;
  outline.width = 1;
  figure.add(grid).add(outline);
}

void add_grid_labels(Figure& figure, double centre_ra_deg) {
  for (int away = -150; away <= 150; away += 2 * kGridStep) {
    double ra = std::fmod(centre_ra_deg + away, 360);
    if (ra < 0) ra += 360;
    const auto place = project(away, -4);
    Label label;
    label.x = place.first;
    label.y = place.second;
    label.text = fmt::format("{:.0f}\u00b0", ra);
    figure.add(label);
  }
  for (int dec = -60; dec <= 60; dec += kGridStep) {
    if (dec == 0) continue;
    const auto place = project(180, dec);
    Label label;
    label.x = place.first - 0.13;
    label.y = place.second * 1.03;
    label.text = fmt::format("{}{}\u00b0", dec > 0 ? "+" : "\u2212", std::abs(dec));
    figure.add(label);
  }
}

}  // namespace

std::pair<double, double> mollweide(double ra_deg, double dec_deg, double centre_ra_deg) {
  if (!std::isfinite(ra_deg) || !(dec_deg >= -90 && dec_deg <= 90)) return {std::nan(""), std::nan("")};
  return project(from_centre(ra_deg, centre_ra_deg), dec_deg);
}

Figure sky_map(const std::vector<SkyPoints>& points, double centre_ra_deg, const std::string& title) {
  Figure figure;
  figure.title = title;
  figure.bare = true;
  figure.height = 400;
  size_t shown = 0;
  for (const auto& set : points) shown += set.ra_deg.size();
  figure.caption =
      fmt::format("Where {} objects lie: right ascension, growing to the left, and declination (ICRS).", shown);
  add_grid(figure);
  for (const auto& set : points) {
    if (set.ra_deg.size() != set.dec_deg.size()) {
      base::user_error("a sky map's points: {} right ascensions for {} declinations", set.ra_deg.size(),
                       set.dec_deg.size());
    }
    Scatter scatter;
    for (size_t i = 0; i < set.ra_deg.size(); ++i) {
      const auto place = mollweide(set.ra_deg[i], set.dec_deg[i], centre_ra_deg);
      scatter.x.push_back(place.first);
      scatter.y.push_back(place.second);
      if (set.hover.empty())
        scatter.hover.push_back(fmt::format("RA {:.4f}\u00b0, Dec {:+.4f}\u00b0", set.ra_deg[i], set.dec_deg[i]));
    }
    if (!set.hover.empty()) scatter.hover = set.hover;
    scatter.name = set.name;
    scatter.value = set.value;
    scatter.value_label = set.value_label;
    scatter.colour = set.colour;
    scatter.size = set.size;
    figure.add(scatter);
  }
  add_grid_labels(figure, centre_ra_deg);
  return figure;
}

}  // namespace asterism::report
