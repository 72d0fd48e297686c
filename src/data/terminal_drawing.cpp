#include "data/terminal_drawing.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/error.h"
#include "data/picture.h"
#include "modalities/cube.h"

namespace asterism::data {
namespace {

using modalities::CatalogBlock;
using modalities::CubeBlock;
using modalities::ImageBlock;
using modalities::LightCurveBlock;
using modalities::MapBlock;
using modalities::ScalarBlock;
using modalities::SpectrumBlock;
using modalities::VectorBlock;

// Shrunk by averaging so that it is at most `columns` wide.
io::Picture8 shrunk(const io::Picture8& from, int columns) {
  const int64_t factor = std::max<int64_t>(1, (from.width + columns - 1) / columns);
  io::Picture8 out;
  out.width = std::max<int64_t>(1, from.width / factor);
  out.height = std::max<int64_t>(1, from.height / factor);
  out.channels = from.channels;
  out.values.resize(size_t(out.width * out.height * out.channels));
  for (int64_t y = 0; y < out.height; ++y) {
    for (int64_t x = 0; x < out.width; ++x) {
      for (int64_t c = 0; c < out.channels; ++c) {
        int64_t sum = 0, n = 0;
        for (int64_t dy = 0; dy < factor && y * factor + dy < from.height; ++dy) {
          for (int64_t dx = 0; dx < factor && x * factor + dx < from.width; ++dx, ++n)
            sum += from.at(y * factor + dy, x * factor + dx, c);
        }
        out.at(y, x, c) = uint8_t(sum / std::max<int64_t>(1, n));
      }
    }
  }
  return out;
}

uint8_t channel(const io::Picture8& p, int64_t y, int64_t x, int64_t c) {
  return y < p.height ? p.at(y, x, std::min(c, p.channels - 1)) : 0;
}

std::string braille(uint8_t dots) {
  const unsigned code = 0x2800u + dots;
  return {char(0xE0 | (code >> 12)), char(0x80 | ((code >> 6) & 63)), char(0x80 | (code & 63))};
}

std::string number_text(const ScalarBlock& block, size_t row) {
  if (block.present[row] == 0) return "-";
  std::string out = fmt::format("{:.6g}", block.value[row]);
  if (block.has_error && block.error[row] > 0) out += fmt::format(" +- {:.2g}", block.error[row]);
  return out + (block.unit.empty() ? "" : " " + block.unit);
}

// One panel a band: measurements in order of time, and how many limits there are beside them.
std::string drawn_light_curve(const LightCurveBlock& block) {
  std::string out;
  for (size_t b = 0; b < block.bands.size(); ++b) {
    std::vector<float> time, value;
    std::vector<uint8_t> mask;
    int64_t limits = 0;
    const double begin = block.count[0] > 0 ? block.time_day[0] : 0;
    for (int64_t i = 0; i < block.count[0]; ++i) {
      if (size_t(block.band[size_t(i)]) != b) continue;
      time.push_back(float(block.time_day[size_t(i)] - begin) + 1e-3f);  // drawn_curve leaves out x <= 0
      value.push_back(block.value[size_t(i)]);
      mask.push_back(block.mask[size_t(i)]);
      limits += block.upper_limit[size_t(i)];
    }
    if (time.empty()) continue;
    out += fmt::format("band {}: {} points, {} of them upper limits\n", block.bands[b].name, time.size(), limits);
    out += drawn_curve(time.data(), value.data(), mask.data(), int64_t(time.size()),
                       {.columns = 72, .lines = 8, .reversed = block.unit == "mag"});
  }
  return out.empty() ? "(no points)\n" : out;
}

std::string drawn_catalog(const CatalogBlock& block) {
  constexpr int64_t kRows = 10;
  std::string out;
  for (const auto& c : block.columns) out += fmt::format(" {:>12}", c.name + (c.unit.empty() ? "" : " " + c.unit));
  out += "\n";
  for (int64_t i = 0; i < std::min<int64_t>(kRows, block.count[0]); ++i) {
    for (int64_t c = 0; c < int64_t(block.columns.size()); ++c) {
      const size_t at = size_t(c * block.length + i);
      out += block.mask[at] != 0 ? fmt::format(" {:>12}", "-") : fmt::format(" {:>12.5g}", block.value[at]);
    }
    out += "\n";
  }
  if (block.count[0] > kRows) out += fmt::format("... {} in all\n", block.count[0]);
  return out;
}

std::string drawn_vector(const VectorBlock& block) {
  if (block.width < 2) return fmt::format("{:g}\n", block.value[0]);
  std::vector<float> place;
  for (int64_t i = 0; i < block.width; ++i) place.push_back(float(i + 1));
  const std::vector<uint8_t> mask(size_t(block.width), 0);
  return drawn_curve(place.data(), block.value.data(), mask.data(), block.width, {.columns = 72, .lines = 8});
}

}  // namespace

std::string drawn(const io::Picture8& picture, int columns, bool colour) {
  ASTERISM_CHECK(columns >= 1 && picture.width > 0 && picture.height > 0);
  const io::Picture8 p = shrunk(picture, columns);
  const std::string ramp = " .:-=+*#%@";
  std::string out;
  for (int64_t y = 0; y < p.height; y += 2) {
    for (int64_t x = 0; x < p.width; ++x) {
      if (colour) {
        out +=
            fmt::format("\x1b[38;2;{};{};{};48;2;{};{};{}m\u2580", channel(p, y, x, 0), channel(p, y, x, 1),
                        channel(p, y, x, 2), channel(p, y + 1, x, 0), channel(p, y + 1, x, 1), channel(p, y + 1, x, 2));
        continue;
      }
      int sum = 0;
      for (int64_t c = 0; c < 3; ++c) sum += channel(p, y, x, c) + channel(p, y + 1, x, c);
      out += ramp[size_t(sum) * (ramp.size() - 1) / (6 * 255)];
    }
    out += colour ? "\x1b[0m\n" : "\n";
  }
  return out;
}

std::string drawn_curve(const float* x, const float* y, const uint8_t* mask, int64_t n, const CurveSize& size) {
  std::vector<float> values;
  double left = 0, right = 0;
  for (int64_t i = 0; i < n; ++i) {
    if (mask[i] != 0 || x[i] <= 0) continue;
    if (values.empty()) left = double(x[i]);
    right = double(x[i]);
    values.push_back(y[i]);
  }
  if (values.size() < 2 || !(right > left)) return "(no usable values)\n";
  std::sort(values.begin(), values.end());
  double low = double(values[values.size() / 200]), high = double(values[values.size() - 1 - values.size() / 200]);
  if (!(high > low)) high = low + 1;
  const int64_t across = size.columns * 2, down = size.lines * 4;
  // Mean of the usable values under each dot column.
  std::vector<double> sum(size_t(across), 0), count(size_t(across), 0);
  for (int64_t i = 0; i < n; ++i) {
    if (mask[i] != 0 || x[i] <= 0) continue;
    const auto at =
        size_t(std::clamp<int64_t>(int64_t((double(x[i]) - left) / (right - left) * double(across)), 0, across - 1));
    sum[at] += double(y[i]);
    count[at] += 1;
  }
  std::vector<uint8_t> dots(size_t(size.columns * size.lines), 0);
  const uint8_t bits[2][4] = {{1, 2, 4, 64}, {8, 16, 32, 128}};
  for (int64_t c = 0; c < across; ++c) {
    if (count[size_t(c)] == 0) continue;
    double t = (sum[size_t(c)] / count[size_t(c)] - low) / (high - low);
    if (size.reversed) t = 1 - t;
    const int64_t r = std::clamp<int64_t>(std::llround((1 - t) * double(down - 1)), 0, down - 1);
    dots[size_t(r / 4 * size.columns + c / 2)] |= bits[c % 2][r % 4];
  }
  std::string out;
  for (int line = 0; line < size.lines; ++line) {
    out += line == 0                ? fmt::format("{:>10.4g} ", size.reversed ? low : high)
           : line == size.lines - 1 ? fmt::format("{:>10.4g} ", size.reversed ? high : low)
                                    : std::string(11, ' ');
    for (int c = 0; c < size.columns; ++c) out += braille(dots[size_t(line) * size_t(size.columns) + size_t(c)]);
    out += "\n";
  }
  return out + std::string(11, ' ') + fmt::format("{:<{}.0f}{:>.0f}\n", left, size.columns - 5, right);
}

std::string drawn_object(const modalities::Batch& batch, bool colour) {
  ASTERISM_CHECK(batch.size() == 1, "{} objects", batch.size());
  const auto& key = batch.objects[0];
  std::string out = fmt::format("{}/{}", key.survey, key.id);
  if (key.has_position) out += fmt::format("  ra {:.6f}  dec {:+.6f} deg", key.ra_deg, key.dec_deg);
  out += "\n";
  for (const auto& [name, block] : batch.blocks) {
    if (const auto* scalar = std::get_if<ScalarBlock>(&block))
      out += fmt::format("  {:<24} {}\n", name, number_text(*scalar, 0));
  }
  for (const auto& [name, block] : batch.blocks) {
    if (modalities::present(block)[0] == 0) {
      if (!std::holds_alternative<ScalarBlock>(block)) out += fmt::format("\n{}: not observed\n", name);
      continue;
    }
    if (const auto* image = std::get_if<ImageBlock>(&block)) {
      out += fmt::format("\n{}  {} x {}{}\n", name, image->height, image->width,
                         image->pixel_scale_arcsec > 0 ? fmt::format(", {}\"/pixel", image->pixel_scale_arcsec) : "");
      out += drawn(picture_of(*image, 0), 64, colour);
    }
    if (const auto* map = std::get_if<MapBlock>(&block)) {
      out += fmt::format("\n{}  {} layers of {} x {}; {}\n", name, map->layers.size(), map->height, map->width,
                         map->layers.at(0).name);
      out += drawn(picture_of_block(block, 0), 64, colour);
    }
    if (const auto* cube = std::get_if<CubeBlock>(&block)) {
      out +=
          fmt::format("\n{}  {} planes of {} x {}; their mean, and the central pixel [{}] over wavelength [Angstrom]\n",
                      name, cube->length, cube->height, cube->width, cube->unit);
      out += drawn(picture_of_block(block, 0), 64, colour);
      const SpectrumBlock centre = modalities::spectra_at(*cube, cube->height / 2, cube->width / 2);
      out += drawn_curve(centre.wavelength_angstrom.data(), centre.flux.data(), centre.mask.data(), centre.length);
    }
    if (const auto* spectrum = std::get_if<SpectrumBlock>(&block)) {
      out += fmt::format("\n{}  [{}] over wavelength [Angstrom]\n", name, spectrum->unit);
      out += drawn_curve(spectrum->wavelength_angstrom.data(), spectrum->flux.data(), spectrum->mask.data(),
                         spectrum->length);
    }
    if (const auto* vector = std::get_if<VectorBlock>(&block))
      out += fmt::format("\n{}: {} numbers\n", name, vector->width) + drawn_vector(*vector);
    if (const auto* curve = std::get_if<LightCurveBlock>(&block))
      out += fmt::format("\n{}  [{}{}] over days after the first\n", name, curve->unit,
                         curve->unit == "mag" ? ", bright is up" : "") +
             drawn_light_curve(*curve);
    if (const auto* list = std::get_if<CatalogBlock>(&block))
      out += fmt::format("\n{}: {} rows\n", name, list->count[0]) + drawn_catalog(*list);
  }
  return out;
}

}  // namespace asterism::data
