#pragma once
// Figures as plain data. Missing numbers are NaN: they are left out of the drawing.
//
//   Figure figure;
//   figure.x = {.label = "spectroscopic redshift"};
//   figure.y = {.label = "predicted redshift"};
//   figure.add(Scatter{.x = z, .y = z_hat, .name = "galaxies"}).add(diagonal(0, 1));
//   figure.caption = "2,212 galaxies of the test side.";
//   page.figure(figure);

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace asterism::report {

struct Axis {
  std::string label, unit;          // drawn as "label [unit]"
  bool log = false;                 // values <= 0 are left out
  bool reversed = false;            // magnitudes, right ascension
  std::optional<double> low, high;  // drawn range; both or none
};

enum class Dash { kSolid, kDash, kDot };

// A colour by its part in the figure, so that light and dark pages both stay legible: kSeries0..5 are the palette in
// order, kInk is text colour, kMuted is grey, kAccent marks truth or the thing to look at.
enum class Colour { kAuto, kSeries0, kSeries1, kSeries2, kSeries3, kSeries4, kSeries5, kInk, kMuted, kAccent };

struct Line {
  std::vector<double> x, y;
  std::string name;  // "" keeps it out of the legend
  Dash dash = Dash::kSolid;
  Colour colour = Colour::kAuto;
  double width = 1.5;  // pixels
  bool steps = false;  // drawn as steps about each x: spectra by pixel
};

struct Scatter {
  std::vector<double> x, y;
  std::string name;
  std::vector<double> value;  // colours the points; {}: one colour
  std::string value_label;    // of the colour bar, with unit
  std::optional<double> value_low, value_high;
  std::vector<std::string> hover;        // text of each point; {}: its coordinates
  std::vector<double> x_error, y_error;  // 1 sigma; {}: none
  Colour colour = Colour::kAuto;
  double size = 5;  // pixels
  double opacity = 0.75;
};

// Counts between edges: edges has one more entry than counts.
struct Histogram {
  std::vector<double> edges, counts;
  std::string name;
  Colour colour = Colour::kAuto;
  bool outline = false;  // steps without filling: for a second one on top
};
// `bins` equal bins over [low, high]; values outside and NaN are not counted. density: area 1.
Histogram histogram(const std::vector<double>& values, double low, double high, int bins, const std::string& name = "",
                    bool density = false);

// The area between two curves: an interval.
struct Band {
  std::vector<double> x, low, high;
  std::string name;
  Colour colour = Colour::kAuto;
};

// z[row * x.size() + column]; x and y are centres, rising.
struct Heatmap {
  std::vector<double> x, y, z;
  std::string value_label;
  bool diverging = false;  // blue to red about zero
  std::optional<double> value_low, value_high;
};
// Counts of points in a grid: a density plot for more points than can be drawn. Empty cells are NaN. `log` counts
// log10.
Heatmap density(const std::vector<double>& x, const std::vector<double>& y, const Axis& x_axis, const Axis& y_axis,
                int bins, bool log = true);

// Text at a place, such as the name of a spectral line at its wavelength.
struct Label {
  double x = 0, y = 0;
  std::string text;
  bool vertical = false;
  bool at_top = false;  // y is ignored: the text stands at the top of the frame with a thin rule down
};

using Mark = std::variant<Line, Scatter, Histogram, Band, Heatmap, Label>;

// A second part below a figure, over the same x: residuals below a spectrum. Lines, points, bands and labels; labels at
// the top stand at the top of the whole figure.
struct Panel {
  Axis y;
  std::vector<Mark> marks;
  double share = 0.3;  // of the figure's height, from 0.1 to 0.8
};

struct Figure {
  std::string title, caption;
  Axis x, y;
  std::vector<Mark> marks;
  bool equal_axes = false;  // one unit is as long in x as in y
  bool bare = false;        // no axes: sky maps
  int height = 380;         // pixels
  bool wide = false;        // the page's full width when figures stand side by side
  std::optional<Panel> below;

  Figure& add(Mark mark) {
    marks.push_back(std::move(mark));
    return *this;
  }
};

Line diagonal(double low, double high);  // y = x, dashed grey
Line horizontal(double y, double low, double high, const std::string& name = "");
Line vertical(double x, double low, double high, const std::string& name = "");

// JSON object {"data": [...], "layout": {...}} of plotly.js; colours are names of the page's theme ("@series0").
// UserError when lengths differ within a mark, or a panel below holds what it cannot or has a figure without plain axes
// above it.
std::string to_plotly_json(const Figure& figure);

}  // namespace asterism::report
