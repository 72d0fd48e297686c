#include "report/drawing.h"

#include <fmt/format.h>

#include <cmath>

#include "base/atomic_file.h"
#include "base/error.h"
#include "report/gallery.h"
#include "report/markup.h"

namespace asterism::report {
namespace {

const char* name_of(Anchor anchor) {
  switch (anchor) {
    case Anchor::start:
      return "start";
    case Anchor::middle:
      return "middle";
    case Anchor::end:
      return "end";
  }
  return "start";
}

bool finite(const Point& p) { return std::isfinite(p.x) && std::isfinite(p.y); }

std::string pair(double x, double y) { return fmt::format("{:.2f},{:.2f} ", x, y); }

}  // namespace

Drawing::Drawing(double width, double height) : width_(width), height_(height) {
  ASTERISM_CHECK(width > 0 && height > 0, "a drawing of {} x {}", width, height);
}

Drawing& Drawing::line(const std::vector<Point>& points, const std::string& colour, double width) {
  std::string path;
  bool open = false;
  for (const auto& p : points) {
    if (finite(p)) path += (open ? "L" : "M") + pair(p.x, p.y);
    open = finite(p);
  }
  if (!path.empty())
    body_ += fmt::format("<path d=\"{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"{}\" stroke-linejoin=\"round\"/>\n",
                         path, escaped(colour), width);
  return *this;
}

Drawing& Drawing::area(const std::vector<double>& x, const std::vector<double>& low, const std::vector<double>& high,
                       const std::string& colour, double opacity) {
  ASTERISM_CHECK(x.size() == low.size() && x.size() == high.size(), "an area of {}, {} and {} values", x.size(),
                 low.size(), high.size());
  const auto usable = [&](size_t i) {
    return i < x.size() && std::isfinite(x[i]) && std::isfinite(low[i]) && std::isfinite(high[i]);
  };
  std::string path;
  for (size_t begin = 0; begin < x.size();) {
    size_t end = begin;
    while (usable(end)) ++end;
    if (end - begin > 1) {
      std::string back;
      for (size_t i = begin; i < end; ++i) {
        path += (i == begin ? "M" : "L") + pair(x[i], high[i]);
        back.insert(0, "L" + pair(x[i], low[i]));
      }
      path += back + "Z ";
    }
    begin = end + 1;
  }
  if (!path.empty())
    body_ += fmt::format("<path d=\"{}\" fill=\"{}\" fill-opacity=\"{}\"/>\n", path, escaped(colour), opacity);
  return *this;
}

Drawing& Drawing::frame(const Box& box, const std::string& colour, double width) {
  body_ += fmt::format(
      "<rect x=\"{:.2f}\" y=\"{:.2f}\" width=\"{:.2f}\" height=\"{:.2f}\" fill=\"none\" stroke=\"{}\" "
      "stroke-width=\"{}\"/>\n",
      box.x, box.y, box.width, box.height, escaped(colour), width);
  return *this;
}

Drawing& Drawing::dot(Point at, double radius, const std::string& colour) {
  if (finite(at))
    body_ += fmt::format("<circle cx=\"{:.2f}\" cy=\"{:.2f}\" r=\"{}\" fill=\"{}\"/>\n", at.x, at.y, radius,
                         escaped(colour));
  return *this;
}

Drawing& Drawing::text(Point at, std::string_view text, const TextStyle& style) {
  body_ += fmt::format("<text x=\"{:.2f}\" y=\"{:.2f}\" font-size=\"{}\" text-anchor=\"{}\" fill=\"{}\"{}>{}</text>\n",
                       at.x, at.y, style.size, name_of(style.anchor), escaped(style.colour),
                       style.bold ? " font-weight=\"bold\"" : "", escaped(text));
  return *this;
}

Drawing& Drawing::picture(const Box& box, const io::Picture8& picture) {
  body_ += fmt::format(
      "<image x=\"{:.2f}\" y=\"{:.2f}\" width=\"{:.2f}\" height=\"{:.2f}\" style=\"image-rendering:pixelated\" "
      "href=\"{}\"/>\n",
      box.x, box.y, box.width, box.height, png_uri(picture));
  return *this;
}

std::string Drawing::svg() const {
  return fmt::format(
             "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0}\" height=\"{1}\" viewBox=\"0 0 {0} {1}\" "
             "font-family=\"Helvetica, Arial, sans-serif\">\n<rect width=\"{0}\" height=\"{1}\" fill=\"white\"/>\n",
             width_, height_) +
         body_ + "</svg>\n";
}

void Drawing::write(const std::filesystem::path& path) const { base::write_text(path, svg()); }

}  // namespace asterism::report
