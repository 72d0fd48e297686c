// to_plotly_json: from a Figure to what plotly.js draws. Colours stay names ("@series0", "@series0/0.2" with opacity):
// the page's script puts in those of the light or the dark scheme.

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "report/figure.h"
#include "report/markup.h"

namespace asterism::report {
namespace {

using nlohmann::json;

constexpr size_t kMostSvgPoints = 10000;  // beyond, the points are drawn by WebGL
constexpr int kPalette = 6;

// Nine digits are more than a screen shows, and half as long as seventeen. NaN and infinities are null.
json number(double value) {
  if (!std::isfinite(value)) return nullptr;
  const std::string text = fmt::format("{:.9g}", value);
  double rounded = value;
  std::from_chars(text.data(), text.data() + text.size(), rounded);
  if (rounded == std::floor(rounded) && std::abs(rounded) < 1e15) return static_cast<int64_t>(rounded);
  return rounded;
}

// On a logarithmic axis what is not above zero has no place.
json numbers(const std::vector<double>& values, const Axis* axis = nullptr) {
  json out = json::array();
  for (const double value : values) {
    out.push_back(axis != nullptr && axis->log && !(value > 0) ? json(nullptr) : number(value));
  }
  return out;
}

void check_lengths(size_t a, size_t b, const char* what) {
  if (a != b) base::user_error("a figure's {}: {} values against {}", what, a, b);
}

// The smallest count above zero; 0 where there is none.
double least_count(const Histogram& histogram) {
  double least = 0;
  for (const double count : histogram.counts)
    if (count > 0 && (least == 0 || count < least)) least = count;
  return least;
}

struct Drawing {
  const Figure& figure;
  const Axis* y_axis = &figure.y;  // of the part that is drawn
  json traces = json::array(), annotations = json::array(), shapes = json::array();
  int next_colour = 0, colour_bars = 0;
  bool legend = false;

  std::string colour_name(Colour colour) {
    switch (colour) {
      case Colour::kInk:
        return "@ink";
      case Colour::kMuted:
        return "@muted";
      case Colour::kAccent:
        return "@accent";
      case Colour::kAuto:
        return fmt::format("@series{}", next_colour++ % kPalette);
      default:
        return fmt::format("@series{}", static_cast<int>(colour) - static_cast<int>(Colour::kSeries0));
    }
  }

  void name_trace(json& trace, const std::string& name) {
    trace["showlegend"] = !name.empty();
    if (name.empty()) return;
    trace["name"] = with_powers(name);
    legend = true;
  }

  json colour_bar(const std::string& label) {
    json bar = {{"thickness", 10}, {"outlinewidth", 0}, {"ticks", "outside"},
                {"ticklen", 3},    {"len", 1.0},        {"x", 1.015 + 0.16 * colour_bars++}};
    bar["title"] = {{"text", with_powers(label)}, {"side", "right"}, {"font", {{"size", 13}}}};
    bar["tickfont"] = {{"size", 12}};
    bar["exponentformat"] = "power";  // not "µ", which is a unit's prefix
    return bar;
  }

  void operator()(const Line& line);
  void operator()(const Scatter& scatter);
  void operator()(const Histogram& histogram);
  void operator()(const Band& band);
  void operator()(const Heatmap& map);
  void operator()(const Label& label);
  void draw_below(const Panel& panel);
  json layout() const;
  void add_panel(json& layout) const;
  json range_of_counts() const;
};

void Drawing::operator()(const Line& line) {
  check_lengths(line.x.size(), line.y.size(), "line");
  static constexpr std::array<const char*, 3> kDashes{"solid", "dash", "dot"};
  const std::string colour = colour_name(line.colour);
  json trace = {
      {"type", "scatter"}, {"mode", "lines"}, {"x", numbers(line.x, &figure.x)}, {"y", numbers(line.y, y_axis)}};
  trace["line"] = {{"color", colour}, {"width", line.width}, {"dash", kDashes[static_cast<size_t>(line.dash)]}};
  if (line.steps) trace["line"]["shape"] = "hvmid";
  if (figure.bare || (line.colour == Colour::kMuted && line.name.empty())) trace["hoverinfo"] = "skip";
  name_trace(trace, line.name);
  traces.push_back(std::move(trace));
}

void Drawing::operator()(const Scatter& scatter) {
  const size_t n = scatter.x.size();
  check_lengths(n, scatter.y.size(), "points");
  json trace = {{"type", n > kMostSvgPoints ? "scattergl" : "scatter"},
                {"mode", "markers"},
                {"x", numbers(scatter.x, &figure.x)},
                {"y", numbers(scatter.y, y_axis)}};
  json marker = {{"size", scatter.size}, {"opacity", scatter.opacity}, {"line", {{"width", 0}}}};
  if (scatter.value.empty()) {
    marker["color"] = colour_name(scatter.colour);
  } else {
    check_lengths(n, scatter.value.size(), "points' colours");
    marker["color"] = numbers(scatter.value);
    marker["colorscale"] = "@sequential";
    marker["showscale"] = true;
    marker["colorbar"] = colour_bar(scatter.value_label);
    if (scatter.value_low) marker["cmin"] = *scatter.value_low;
    if (scatter.value_high) marker["cmax"] = *scatter.value_high;
  }
  const auto error_bar = [&](const std::vector<double>& sigma, const char* name) {
    if (sigma.empty()) return;
    check_lengths(n, sigma.size(), "error bars");
    trace[name] = {{"type", "data"}, {"array", numbers(sigma)}, {"width", 0}, {"thickness", 1}};
    if (scatter.value.empty()) trace[name]["color"] = marker["color"];
  };
  error_bar(scatter.x_error, "error_x");
  error_bar(scatter.y_error, "error_y");
  trace["marker"] = std::move(marker);
  if (!scatter.hover.empty()) {
    check_lengths(n, scatter.hover.size(), "points' hover texts");
    json texts = json::array();
    for (const auto& text : scatter.hover) {
      std::string safe = escaped(text);
      for (size_t at = 0; (at = safe.find('\n', at)) != std::string::npos;) safe.replace(at, 1, "<br>");
      texts.push_back(std::move(safe));
    }
    trace["text"] = std::move(texts);
    trace["hovertemplate"] = "%{text}<extra></extra>";
  }
  name_trace(trace, scatter.name);
  traces.push_back(std::move(trace));
}

void Drawing::operator()(const Histogram& histogram) {
  check_lengths(histogram.edges.size(), histogram.counts.size() + 1, "histogram, edges and counts with one more");
  // One outline over all bins: from zero up, along, and down to zero again. A logarithmic axis has no zero: there the
  // outline goes down to a tenth of the smallest count, and layout() ends the axis above that.
  const double least = figure.y.log ? least_count(histogram) : 0;
  const double ground = least / 10;
  std::vector<double> x{histogram.edges.front()}, y{ground};
  for (size_t i = 0; i < histogram.counts.size(); ++i) {
    x.push_back(histogram.edges[i]);
    y.push_back(std::max(histogram.counts[i], ground));
  }
  x.push_back(histogram.edges.back());
  y.push_back(ground);
  const std::string colour = colour_name(histogram.colour);
  json trace = {{"type", "scatter"}, {"mode", "lines"}, {"x", numbers(x, &figure.x)}, {"y", numbers(y, y_axis)}};
  trace["line"] = {{"color", colour}, {"width", 1.5}, {"shape", "hv"}};
  if (!histogram.outline) {
    trace["fill"] = "tozeroy";
    trace["fillcolor"] = colour + "/0.22";
  }
  name_trace(trace, histogram.name);
  traces.push_back(std::move(trace));
}

void Drawing::operator()(const Band& band) {
  check_lengths(band.x.size(), band.low.size(), "band");
  check_lengths(band.x.size(), band.high.size(), "band");
  // Closed polygons, one for every stretch without missing values.
  std::vector<double> x, y;
  const auto known = [&](size_t i) {
    return std::isfinite(band.x[i]) && std::isfinite(band.low[i]) && std::isfinite(band.high[i]);
  };
  for (size_t start = 0; start < band.x.size();) {
    size_t end = start;
    while (end < band.x.size() && known(end)) ++end;
    if (end > start && !x.empty()) {
      x.push_back(std::nan(""));
      y.push_back(std::nan(""));
    }
    for (size_t i = start; i < end; ++i) x.push_back(band.x[i]), y.push_back(band.low[i]);
    for (size_t i = end; i > start; --i) x.push_back(band.x[i - 1]), y.push_back(band.high[i - 1]);
    start = end + 1;
  }
  json trace = {{"type", "scatter"},
                {"mode", "lines"},
                {"x", numbers(x, &figure.x)},
                {"y", numbers(y, y_axis)},
                {"fill", "toself"}};
  trace["fillcolor"] = colour_name(band.colour) + "/0.2";
  trace["line"] = {{"width", 0}};
  trace["hoverinfo"] = "skip";
  name_trace(trace, band.name);
  traces.push_back(std::move(trace));
}

void Drawing::operator()(const Heatmap& map) {
  check_lengths(map.x.size() * map.y.size(), map.z.size(), "heatmap");
  json rows = json::array();
  for (size_t row = 0; row < map.y.size(); ++row) {
    const auto begin = map.z.begin() + static_cast<std::ptrdiff_t>(row * map.x.size());
    rows.push_back(numbers(std::vector<double>(begin, begin + static_cast<std::ptrdiff_t>(map.x.size()))));
  }
  json trace = {{"type", "heatmap"},    {"x", numbers(map.x)},  {"y", numbers(map.y)},
                {"z", std::move(rows)}, {"hoverongaps", false}, {"showlegend", false}};
  trace["colorscale"] = map.diverging ? "@diverging" : "@density";
  if (map.diverging) trace["zmid"] = 0;
  if (map.value_low) trace["zmin"] = *map.value_low;
  if (map.value_high) trace["zmax"] = *map.value_high;
  trace["colorbar"] = colour_bar(map.value_label);
  traces.push_back(std::move(trace));
}

void Drawing::operator()(const Label& label) {
  // plotly places annotations on a logarithmic axis by the logarithm, shapes by the value.
  const auto placed = [](double value, const Axis& axis) { return axis.log ? std::log10(value) : value; };
  json note = {{"text", with_powers(label.text)},
               {"showarrow", false},
               {"x", number(placed(label.x, figure.x))},
               {"font", {{"size", 11}, {"color", "@muted"}}}};
  if (label.at_top) {
    note.update(
        {{"yref", "paper"}, {"y", 1}, {"yanchor", "top"}, {"xanchor", "right"}, {"textangle", -90}, {"borderpad", 3}});
    shapes.push_back({{"type", "line"},
                      {"x0", number(label.x)},
                      {"x1", number(label.x)},
                      {"yref", "paper"},
                      {"y0", 0},
                      {"y1", 1},
                      {"layer", "below"},
                      {"line", {{"color", "@muted/0.45"}, {"width", 1}, {"dash", "dot"}}}});
  } else {
    note["y"] = number(placed(label.y, *y_axis));
    note["bgcolor"] = "@paper/0.65";
    if (label.vertical) note["textangle"] = -90;
  }
  annotations.push_back(std::move(note));
}

void Drawing::draw_below(const Panel& panel) {
  if (figure.equal_axes || figure.bare)
    base::user_error("figure '{}' has a panel below: its axes cannot be equal or left out", figure.title);
  if (!(panel.share >= 0.1 && panel.share <= 0.8))
    base::user_error("figure '{}': a panel below takes a share of 0.1 to 0.8 of the height, not {}", figure.title,
                     panel.share);
  const size_t first_trace = traces.size(), first_note = annotations.size();
  y_axis = &panel.y;
  for (const auto& mark : panel.marks) {
    if (std::holds_alternative<Histogram>(mark) || std::holds_alternative<Heatmap>(mark))
      base::user_error("figure '{}': a panel below holds lines, points, bands and labels alone", figure.title);
    std::visit(*this, mark);
  }
  for (size_t i = first_trace; i < traces.size(); ++i) traces[i]["yaxis"] = "y2";
  for (size_t i = first_note; i < annotations.size(); ++i)
    if (!annotations[i].contains("yref")) annotations[i]["yref"] = "y2";
}

json axis_layout(const Axis& axis, bool bare) {
  if (bare) return {{"visible", false}, {"fixedrange", true}};
  json layout = {{"title", {{"text", with_unit(axis.label, axis.unit)}, {"standoff", 8}}}};
  if (axis.log) layout["type"] = "log";
  if (axis.low.has_value() != axis.high.has_value())
    base::user_error("axis '{}' has one end of its range, not both", axis.label);
  if (axis.low) {
    double low = *axis.low, high = *axis.high;
    if (axis.log && !(low > 0 && high > 0))
      base::user_error("logarithmic axis '{}' cannot reach from {} to {}", axis.label, low, high);
    if (axis.log) low = std::log10(low), high = std::log10(high);
    if (axis.reversed) std::swap(low, high);
    layout["range"] = {number(low), number(high)};
  } else if (axis.reversed) {
    layout["autorange"] = "reversed";
  }
  return layout;
}

// Of a logarithmic axis, in log10: from below the smallest count, so that empty bins lie outside, to above the largest.
json Drawing::range_of_counts() const {
  double low = 0, high = 0;
  for (const auto& mark : figure.marks) {
    const auto* histogram = std::get_if<Histogram>(&mark);
    const double least = histogram == nullptr ? 0 : least_count(*histogram);
    if (least == 0) continue;
    low = low == 0 ? least : std::min(low, least);
    high = std::max(high, *std::max_element(histogram->counts.begin(), histogram->counts.end()));
  }
  if (low == 0) low = high = 1;  // nothing but empty bins
  return {number(std::log10(low / 1.5)), number(std::log10(high * 1.5))};
}

// The figure's own axes above, those of the panel below; both have the x axis at the bottom.
void Drawing::add_panel(json& layout) const {
  constexpr double kGap = 0.04;
  layout["yaxis"]["domain"] = json::array({number(figure.below->share + kGap), 1});
  layout["yaxis2"] = axis_layout(figure.below->y, false);
  layout["yaxis2"]["domain"] = json::array({0, number(figure.below->share)});
  layout["xaxis"]["anchor"] = "y2";
}

json Drawing::layout() const {
  json layout = {{"xaxis", axis_layout(figure.x, figure.bare)},
                 {"yaxis", axis_layout(figure.y, figure.bare)},
                 {"height", figure.height},
                 {"showlegend", legend}};
  if (figure.equal_axes || figure.bare) {
    layout["yaxis"].update({{"scaleanchor", "x"}, {"scaleratio", 1}});
    layout["xaxis"]["constrain"] = layout["yaxis"]["constrain"] = "domain";
  }
  const bool counts = std::any_of(figure.marks.begin(), figure.marks.end(),
                                  [](const Mark& mark) { return std::holds_alternative<Histogram>(mark); });
  if (counts && !figure.y.log) layout["yaxis"]["rangemode"] = "tozero";
  if (counts && figure.y.log && !figure.y.low) layout["yaxis"]["range"] = range_of_counts();
  if (figure.below) add_panel(layout);
  if (figure.bare) layout["margin"] = {{"l", 4}, {"r", 4}, {"t", 8}, {"b", 4}};
  if (!annotations.empty()) layout["annotations"] = annotations;
  if (!shapes.empty()) layout["shapes"] = shapes;
  return layout;
}

}  // namespace

std::string to_plotly_json(const Figure& figure) {
  Drawing drawing{figure};
  for (const auto& mark : figure.marks) std::visit(drawing, mark);
  if (figure.below) drawing.draw_below(*figure.below);
  return json{{"data", drawing.traces}, {"layout", drawing.layout()}}.dump(-1, ' ', false,
                                                                           json::error_handler_t::replace);
}

}  // namespace asterism::report
