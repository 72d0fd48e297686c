#include "report/stretch.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "base/error.h"

namespace asterism::report {
namespace {

constexpr uint8_t kMissing = 40;     // dark grey: neither sky nor star
constexpr double kStretchSigma = 8;  // the sky's own noise stays dim

void check_size(std::span<const float> flux, int64_t bands, int64_t height, int64_t width) {
  ASTERISM_CHECK(bands > 0 && height > 0 && width > 0 && flux.size() == static_cast<size_t>(bands * height * width),
                 "{} values for {} x {} x {}", flux.size(), bands, height, width);
}

uint8_t byte_of(double fraction) { return static_cast<uint8_t>(std::lround(255 * std::clamp(fraction, 0.0, 1.0))); }

// The value below which this part (0 to 1) of the finite values lies; 0 when there are none.
double quantile(std::vector<float> values, double part) {
  values.erase(std::remove_if(values.begin(), values.end(), [](float v) { return !std::isfinite(v); }), values.end());
  if (values.empty()) return 0;
  const auto at = values.begin() + static_cast<std::ptrdiff_t>(part * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), at, values.end());
  return *at;
}

// Noise of the sky from the spread below the median: sources only add light above it.
double sky_noise(const std::vector<float>& values) { return quantile(values, 0.5) - quantile(values, 0.1587); }

std::vector<float> mean_intensity(std::span<const float> flux, size_t pixels, const LuptonOptions& options) {
  std::vector<float> intensity(pixels);
  for (size_t i = 0; i < pixels; ++i) {
    double sum = 0;
    for (size_t c = 0; c < 3; ++c) sum += options.scale[c] * flux[c * pixels + i] - options.minimum;
    intensity[i] = static_cast<float>(sum / 3);
  }
  return intensity;
}

double chosen_stretch(const std::vector<float>& intensity) {
  const double stretch = std::max(kStretchSigma * sky_noise(intensity), 0.04 * quantile(intensity, 0.995));
  return stretch > 0 ? stretch : 1;
}

// Three of the bands, the reddest first.
std::vector<float> three_of(std::span<const float> flux, int64_t bands, size_t pixels) {
  std::vector<float> chosen(3 * pixels);
  const std::array<int64_t, 3> order{bands - 1, bands / 2, 0};
  for (size_t c = 0; c < 3; ++c) {
    const auto begin = flux.begin() + static_cast<std::ptrdiff_t>(static_cast<size_t>(order[c]) * pixels);
    std::copy(begin, begin + static_cast<std::ptrdiff_t>(pixels),
              chosen.begin() + static_cast<std::ptrdiff_t>(c * pixels));
  }
  if (bands == 2) {  // green between the two
    for (size_t i = 0; i < pixels; ++i) chosen[pixels + i] = 0.5f * (chosen[i] + chosen[2 * pixels + i]);
  }
  return chosen;
}

// With what is not given chosen from the values.
GreyOptions chosen_grey(const std::vector<float>& values, GreyOptions options) {
  if (options.low == 0 && options.high == 0) {
    options.low = quantile(values, 0.01);
    options.high = quantile(values, 0.997);
  }
  if (!(options.high > options.low)) options.high = options.low + 1;
  if (!(options.softening > 0))
    options.softening = std::clamp((options.high - options.low) / std::max(3 * sky_noise(values), 1e-30), 3.0, 300.0);
  return options;
}

size_t pixel(int64_t y, int64_t x, int64_t height, int64_t width, bool flip) {
  return static_cast<size_t>((flip ? height - 1 - y : y) * width + x);
}

}  // namespace

io::Picture8 lupton_rgb(std::span<const float> flux, int64_t height, int64_t width, const LuptonOptions& options) {
  check_size(flux, 3, height, width);
  const auto pixels = static_cast<size_t>(height * width);
  const auto intensity = mean_intensity(flux, pixels, options);
  const double stretch = options.stretch > 0 ? options.stretch : chosen_stretch(intensity);
  const double q = std::max(options.q, 1e-6);
  io::Picture8 picture{height, width, 3, std::vector<uint8_t>(pixels * 3)};
  for (int64_t y = 0; y < height; ++y) {
    for (int64_t x = 0; x < width; ++x) {
      const size_t at = pixel(y, x, height, width, options.flip);
      // f(I)/I of the paper's equation 2, with f reaching 1 where asinh(q I / stretch) = q: bright cores keep their
      // colour.
      const double value = intensity[at];
      const double scaled = std::asinh(q * value / stretch) / q;
      std::array<double, 3> colour{};
      for (size_t c = 0; c < 3; ++c) {
        const double own = options.scale[c] * flux[c * pixels + at] - options.minimum;
        colour[c] = value > 0 ? own * scaled / value : 0;
      }
      const double brightest = std::max({colour[0], colour[1], colour[2]});
      for (size_t c = 0; c < 3; ++c) {
        const double shown = brightest > 1 ? colour[c] / brightest : colour[c];
        picture.at(y, x, static_cast<int64_t>(c)) = std::isfinite(value) ? byte_of(shown) : kMissing;
      }
    }
  }
  return picture;
}

io::Picture8 bands_rgb(std::span<const float> flux, int64_t bands, int64_t height, int64_t width,
                       const LuptonOptions& options) {
  check_size(flux, bands, height, width);
  if (bands == 1) {
    GreyOptions grey;
    grey.flip = options.flip;
    return grey_asinh(flux, height, width, grey);
  }
  return lupton_rgb(three_of(flux, bands, static_cast<size_t>(height * width)), height, width, options);
}

double stretch_of(std::span<const float> flux, int64_t bands, int64_t height, int64_t width) {
  check_size(flux, bands, height, width);
  const auto pixels = static_cast<size_t>(height * width);
  return chosen_stretch(mean_intensity(three_of(flux, bands, pixels), pixels, {}));
}

io::Picture8 grey_asinh(std::span<const float> flux, int64_t height, int64_t width, const GreyOptions& options) {
  check_size(flux, 1, height, width);
  const auto [low, high, flip, softening] = chosen_grey({flux.begin(), flux.end()}, options);
  io::Picture8 picture{height, width, 1, std::vector<uint8_t>(flux.size())};
  for (int64_t y = 0; y < height; ++y) {
    for (int64_t x = 0; x < width; ++x) {
      const float value = flux[pixel(y, x, height, width, flip)];
      const double part = std::clamp((value - low) / (high - low), 0.0, 1.0);
      picture.at(y, x, 0) =
          std::isfinite(value) ? byte_of(std::asinh(softening * part) / std::asinh(softening)) : kMissing;
    }
  }
  return picture;
}

GreyOptions grey_options_of(std::span<const float> flux) { return chosen_grey({flux.begin(), flux.end()}, {}); }

io::Picture8 sigma_colours(std::span<const float> residual_sigma, int64_t height, int64_t width, double limit,
                           bool flip) {
  check_size(residual_sigma, 1, height, width);
  constexpr std::array<double, 3> kCold{0.13, 0.35, 0.66}, kHot{0.72, 0.14, 0.15};
  io::Picture8 picture{height, width, 3, std::vector<uint8_t>(residual_sigma.size() * 3)};
  for (int64_t y = 0; y < height; ++y) {
    for (int64_t x = 0; x < width; ++x) {
      const float value = residual_sigma[pixel(y, x, height, width, flip)];
      const double part = std::min(std::abs(static_cast<double>(value)) / limit, 1.0);
      for (size_t c = 0; c < 3; ++c) {
        const double full = value < 0 ? kCold[c] : kHot[c];
        picture.at(y, x, static_cast<int64_t>(c)) = std::isfinite(value) ? byte_of(1 - part * (1 - full)) : kMissing;
      }
    }
  }
  return picture;
}

io::Picture8 enlarged(const io::Picture8& picture, int factor) {
  ASTERISM_CHECK(factor >= 1, "enlarged by {}", factor);
  io::Picture8 out{picture.height * factor, picture.width * factor, picture.channels, {}};
  out.values.reserve(picture.values.size() * static_cast<size_t>(factor * factor));
  for (int64_t y = 0; y < out.height; ++y) {
    for (int64_t x = 0; x < out.width; ++x) {
      for (int64_t c = 0; c < out.channels; ++c) out.values.push_back(picture.at(y / factor, x / factor, c));
    }
  }
  return out;
}

}  // namespace asterism::report
