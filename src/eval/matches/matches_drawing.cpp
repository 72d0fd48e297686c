#include "eval/matches/matches_drawing.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>

#include "base/quantile.h"
#include "eval/conditionals/spectrum_column.h"
#include "report/stretch.h"

namespace asterism::eval {
namespace {

using modalities::ImageBlock;
using modalities::SpectrumBlock;

constexpr double kMargin = 12, kTop = 44, kLeftSide = 216, kPanelWidth = 470, kPanelHeight = 74, kPanelGap = 30;
constexpr size_t kBins = 240;
constexpr const char* kInk = "#1f5fa8";
constexpr const char* kOwn = "#c23b22";
constexpr const char* kGhost = "#bdbdbd";

std::string shortened(const std::string& name, size_t length) {
  return name.size() <= length ? name : name.substr(0, length - 1) + "…";
}

const modalities::Block* block_of(const modalities::Batch& object, const std::string& name) {
  const auto found = object.blocks.find(name);
  return found != object.blocks.end() && modalities::present(found->second)[0] != 0 ? &found->second : nullptr;
}

// Values from 0 to 1, first row at the top.
io::Picture8 display_picture(const ImageBlock& image) {
  io::Picture8 out{image.height, image.width, image.bands.size() == 3 ? 3 : 1, {}};
  const int64_t plane = image.height * image.width;
  out.values.resize(size_t(plane * out.channels));
  for (int64_t i = 0; i < plane; ++i)
    for (int64_t c = 0; c < out.channels; ++c)
      out.values[size_t(i * out.channels + c)] =
          uint8_t(std::clamp(255 * image.flux[size_t(c * plane + i)], 0.0F, 255.0F));
  return out;
}

void draw_image(report::Drawing& out, const report::Box& box, const ImageBlock& image) {
  const auto picture = image.unit == "display"
                           ? display_picture(image)
                           : report::bands_rgb(std::span(image.flux.data(), image.flux.size()),
                                               int64_t(image.bands.size()), image.height, image.width);
  const double scale = std::min(box.width / double(image.width), box.height / double(image.height));
  out.picture({box.x + 0.5 * (box.width - scale * double(image.width)), box.y, scale * double(image.width),
               scale * double(image.height)},
              picture);
}

// What all curves share, so that they can be compared: wavelengths and, of each, its flux over its own median.
struct Axes {
  double low_angstrom = std::numeric_limits<double>::infinity(), high_angstrom = 0, high = 0;
};

std::vector<double> curve(const SpectrumBlock& s, const Axes& axes) {
  auto flux = binned(s.wavelength_angstrom, s.flux, s.ivar, s.mask, axes.low_angstrom, axes.high_angstrom, kBins);
  std::vector<double> sizes;
  for (const double f : flux)
    if (std::isfinite(f)) sizes.push_back(std::abs(f));
  if (sizes.empty()) return flux;
  const double scale = std::max(base::middle(std::move(sizes)), 1e-30);
  for (double& f : flux) f /= scale;
  return flux;
}

Axes axes_of(const std::vector<const SpectrumBlock*>& spectra) {
  Axes out;
  for (const auto* s : spectra)
    for (size_t i = 0; i < size_t(s->length); ++i) {
      if (s->mask[i] != 0) continue;
      out.low_angstrom = std::min(out.low_angstrom, double(s->wavelength_angstrom[i]));
      out.high_angstrom = std::max(out.high_angstrom, double(s->wavelength_angstrom[i]));
    }
  for (const auto* s : spectra) {
    auto values = curve(*s, out);
    std::erase_if(values, [](double v) { return !std::isfinite(v); });
    if (values.empty()) continue;
    std::sort(values.begin(), values.end());
    out.high = std::max(out.high, 1.15 * values[size_t(0.99 * double(values.size() - 1))]);
  }
  return out;
}

void draw_curve(report::Drawing& out, const report::Box& box, const SpectrumBlock& s, const Axes& axes,
                const std::string& colour) {
  if (!(axes.high > 0)) return;
  const auto flux = curve(s, axes);
  std::vector<report::Point> points;
  for (size_t b = 0; b < flux.size(); ++b)
    points.push_back({box.x + box.width * (double(b) + 0.5) / double(kBins),
                      std::isfinite(flux[b]) ? box.y + box.height * (1 - std::clamp(flux[b] / axes.high, 0.0, 1.0))
                                             : std::numeric_limits<double>::quiet_NaN()});
  out.line(points, colour, 1.1);
}

void draw_axis(report::Drawing& out, const report::Box& box, const Axes& axes) {
  out.line({{box.x, box.y + box.height}, {box.x + box.width, box.y + box.height}}, "#dddddd", 0.8);
  report::TextStyle small{.size = 8.5, .colour = "#888888"};
  if (!(axes.low_angstrom < axes.high_angstrom)) return;
  out.text({box.x, box.y + box.height + 10}, fmt::format("{:.0f} Å", axes.low_angstrom), small);
  small.anchor = report::Anchor::end;
  out.text({box.x + box.width, box.y + box.height + 10}, fmt::format("{:.0f} Å", axes.high_angstrom), small);
}

// Whatever it is, in a box; `behind` (of the same modality, or null) in grey below a spectrum.
void draw_block(report::Drawing& out, const report::Box& box, const modalities::Block& block,
                const modalities::Block* behind, const Axes& axes, const std::string& colour) {
  if (const auto* image = std::get_if<ImageBlock>(&block)) return draw_image(out, box, *image);
  const auto* spectrum = std::get_if<SpectrumBlock>(&block);
  if (spectrum == nullptr) {
    out.text({box.x, box.y + 14}, fmt::format("({})", modalities::kind(block)), {.size = 10, .colour = "#888888"});
    return;
  }
  draw_axis(out, box, axes);
  if (behind != nullptr && std::holds_alternative<SpectrumBlock>(*behind))
    draw_curve(out, box, std::get<SpectrumBlock>(*behind), axes, kGhost);
  draw_curve(out, box, *spectrum, axes, colour);
}

void write_left(report::Drawing& out, const Matches& m, const report::Box& box) {
  double y = box.y + box.height + 18;
  const auto line = [&](const std::string& text, bool bold) {
    out.text({box.x, y}, text, {.size = bold ? 11.5 : 10.0, .colour = bold ? "#222" : "#555555", .bold = bold});
    y += 15;
  };
  line(shortened(m.object.objects[0].id, 32), true);
  line(m.from, false);
  if (m.own_rank > 0)
    line(fmt::format("its own is number {:g} of {} (cosine {:.3f})", m.own_rank, m.among, m.own_cosine), false);
  else
    line(fmt::format("nearest of {}; its own is not among them", m.among), false);
  const auto* own = block_of(m.object, m.to);
  if (own == nullptr || !std::holds_alternative<SpectrumBlock>(*own)) return;
  if (std::any_of(m.nearest.begin(), m.nearest.end(), [](const Match& one) { return one.own; }))
    line("red: its own; grey: its own behind others", false);
  else
    line("grey: its own, behind others", false);
}

}  // namespace

report::Drawing draw(const Matches& m) {
  std::vector<const SpectrumBlock*> spectra, left;
  for (const auto& match : m.nearest)
    if (const auto* block = block_of(match.object, m.to); block != nullptr)
      if (const auto* s = std::get_if<SpectrumBlock>(block)) spectra.push_back(s);
  const auto* own = block_of(m.object, m.to);
  if (own != nullptr && std::holds_alternative<SpectrumBlock>(*own)) spectra.push_back(&std::get<SpectrumBlock>(*own));
  const auto& asked = m.object.blocks.at(m.from);
  if (const auto* s = std::get_if<SpectrumBlock>(&asked)) left.push_back(s);
  const auto axes = axes_of(spectra);
  const double step = kPanelHeight + kPanelGap;
  report::Drawing out(kMargin * 3 + kLeftSide + kPanelWidth,
                      kTop + std::max(step * double(m.nearest.size()), kLeftSide + 80) + 6);
  out.text({kMargin, 24}, fmt::format("{} and the nearest {}", m.from, m.to), {.size = 15, .bold = true});
  const report::Box box{kMargin, kTop, kLeftSide, kLeftSide};
  draw_block(out, box, asked, nullptr, axes_of(left), "#222222");
  write_left(out, m, box);
  for (size_t i = 0; i < m.nearest.size(); ++i) {
    const auto& match = m.nearest[i];
    const report::Box panel{kMargin * 2 + kLeftSide, kTop + step * double(i) + 8, kPanelWidth, kPanelHeight};
    if (const auto* block = block_of(match.object, m.to); block != nullptr)
      draw_block(out, panel, *block, match.own ? nullptr : own, axes, match.own ? kOwn : kInk);
    out.text({panel.x, panel.y - 2},
             fmt::format("{}. {}, cosine {:.3f}{}", i + 1, shortened(match.object.objects[0].id, 40), match.cosine,
                         match.own ? ": its own" : ""),
             {.size = 10, .colour = match.own ? kOwn : "#333333", .bold = match.own});
  }
  return out;
}

}  // namespace asterism::eval
