#pragma once
// A drawing of lines, areas, text and pictures as one SVG file that needs nothing else: for pages that run no scripts,
// such as a README. Lengths are pixels, y grows downwards; the ground is white.

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "io/image_file.h"

namespace asterism::report {

struct Point {
  double x = 0, y = 0;
};

struct Box {
  double x = 0, y = 0, width = 0, height = 0;
};

enum class Anchor { start, middle, end };

struct TextStyle {
  double size = 12;
  Anchor anchor = Anchor::start;
  std::string colour = "#222";
  bool bold = false;
};

class Drawing {
 public:
  Drawing(double width, double height);

  // Points that are not finite break the line.
  Drawing& line(const std::vector<Point>& points, const std::string& colour, double width = 1);
  // The area between two curves over the same x, from `low` to `high`; not finite: a gap.
  Drawing& area(const std::vector<double>& x, const std::vector<double>& low, const std::vector<double>& high,
                const std::string& colour, double opacity = 0.3);
  Drawing& frame(const Box& box, const std::string& colour, double width = 1);
  Drawing& dot(Point at, double radius, const std::string& colour);
  Drawing& text(Point at, std::string_view text, const TextStyle& style = {});  // `at` is on the base line
  Drawing& picture(const Box& box, const io::Picture8& picture);                // pixels stay square and sharp

  std::string svg() const;
  void write(const std::filesystem::path& path) const;  // atomic

 private:
  double width_, height_;
  std::string body_;
};

}  // namespace asterism::report
