#include "nn/int8_conv.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "base/error.h"
#include "nn/in_threads.h"
#include "nn/int8_rows.h"

namespace asterism::nn {
namespace {

constexpr int64_t kLeastInputs = 64, kLeastOutputs = 16;
constexpr int64_t kBytesAtOnce = 4 << 20;                    // of windows: what a second cache holds, about
constexpr int64_t kLeastAtOnce = 1024, kMostAtOnce = 16384;  // fewer rows leave the product slow
constexpr int64_t kGrain = 64;                               // windows that are worth a thread
constexpr float kMost = 127;

// Windows of one batch, channels-last in memory: how they lie.
struct Windows {
  const float* x;
  int64_t C, H, W, out_height, out_width, kernel, stride, padding;
  int64_t row_size() const { return kernel * kernel * C; }

  // The rows of pixels that window r touches inside of the image: from column `left`, `count` of them.
  struct Span {
    int64_t top, left, begin, end;  // the window's first row and column; columns inside
  };
  Span span_of(int64_t r) const {
    const int64_t left = r % out_width * stride - padding;
    return {r / out_width % out_height * stride - padding, left, std::max<int64_t>(0, left),
            std::min(W, left + kernel)};
  }
  int64_t image_of(int64_t r) const { return r / (out_width * out_height); }
};

// The largest magnitude of each pixel.
at::Tensor largest_of_pixels(const Windows& w, int64_t pixels) {
  auto out = at::empty({pixels}, at::kFloat);
  float* to = out.mutable_data_ptr<float>();
  in_threads(pixels, kGrain, [&](int64_t begin, int64_t end) {
    for (int64_t p = begin; p < end; ++p) to[p] = largest_magnitude(w.x + p * w.C, w.C);
  });
  return out;
}

// Of the pixels of a window: std::max loses NaN, so it is looked for.
float largest_in(const Windows& w, const Windows::Span& span, int64_t image, const float* pixels) {
  float most = 0;
  for (int64_t y = std::max<int64_t>(0, span.top); y < std::min(w.H, span.top + w.kernel); ++y)
    for (int64_t x = span.begin; x < span.end; ++x) {
      const float one = pixels[(image * w.H + y) * w.W + x];
      most = std::isnan(one) || std::isnan(most) ? std::numeric_limits<float>::quiet_NaN() : std::max(most, one);
    }
  return most;
}

// Window r as bytes; returns its scale, NaN where it holds a number that is none.
float fill_window(const Windows& w, int64_t r, const float* pixels, int8_t* out) {
  const auto span = w.span_of(r);
  const int64_t image = w.image_of(r);
  const float most = largest_in(w, span, image, pixels), inverse = kMost / most;
  if (!std::isfinite(most) || !std::isfinite(inverse)) {
    std::fill_n(out, w.row_size(), int8_t(0));
    return std::isfinite(most) ? 0 : std::numeric_limits<float>::quiet_NaN();
  }
  const int64_t line = w.kernel * w.C, before = (span.begin - span.left) * w.C, inside = (span.end - span.begin) * w.C;
  for (int64_t k = 0; k < w.kernel; ++k, out += line) {
    const int64_t y = span.top + k;
    if (y < 0 || y >= w.H || inside <= 0) {
      std::memset(out, 0, size_t(line));
      continue;
    }
    std::memset(out, 0, size_t(before));
    round_to_bytes(w.x + ((image * w.H + y) * w.W + span.begin) * w.C, inside, inverse, out + before);
    std::memset(out + before + inside, 0, size_t(line - before - inside));
  }
  return most / kMost;
}

}  // namespace

bool Int8Conv::suits(const Conv2d& layer) {
  const int64_t k = layer.settings.kernel;
  return layer.settings.groups == 1 && layer.weight.size(1) * k * k >= kLeastInputs &&
         layer.weight.size(0) >= kLeastOutputs;
}

Int8Conv::Int8Conv(const Conv2d& layer) : out_(layer.weight.size(0)), settings_(layer.settings) {
  ASTERISM_CHECK(settings_.groups == 1, "a convolution in {} groups", settings_.groups);
  weight_ = Int8Weight(layer.weight.detach().permute({0, 2, 3, 1}).reshape({out_, -1}), layer.bias);
}

at::Tensor Int8Conv::operator()(const at::Tensor& x_BCHW, bool elu) const {
  const at::NoGradGuard no_grad;
  const auto x = x_BCHW.to(at::kFloat).contiguous(at::MemoryFormat::ChannelsLast);
  const int64_t k = settings_.kernel, B = x.size(0);
  const auto size_of = [&](int64_t n) { return (n + 2 * settings_.padding - k) / settings_.stride + 1; };
  const Windows w{x.const_data_ptr<float>(), x.size(1), x.size(2),        x.size(3),        size_of(x.size(2)),
                  size_of(x.size(3)),        k,         settings_.stride, settings_.padding};
  ASTERISM_CHECK(std::min(w.H, w.W) + 2 * settings_.padding >= k, "images of {} x {} under a kernel of {}", w.H, w.W,
                 k);
  const int64_t rows = B * w.out_height * w.out_width, inputs = w.row_size();
  const int64_t at_once = std::clamp(kBytesAtOnce / inputs, kLeastAtOnce, kMostAtOnce);
  auto out_RO = at::empty({rows, out_}, at::kFloat);
  const auto pixels = largest_of_pixels(w, B * w.H * w.W);
  const auto bytes = at::empty({std::min(at_once, rows), inputs}, at::kChar), scales = at::empty({bytes.size(0)});
  for (int64_t first = 0; first < rows; first += at_once) {
    const int64_t count = std::min(at_once, rows - first);
    auto* to = bytes.mutable_data_ptr<int8_t>();
    auto* scale = scales.mutable_data_ptr<float>();
    in_threads(count, kGrain, [&](int64_t begin, int64_t end) {
      for (int64_t r = begin; r < end; ++r)
        scale[r] = fill_window(w, first + r, pixels.const_data_ptr<float>(), to + r * inputs);
    });
    auto part = out_RO.narrow(0, first, count);
    weight_.of_bytes(bytes.narrow(0, 0, count), scales.narrow(0, 0, count), part.mutable_data_ptr<float>());
    if (elu) at::elu_(part);
  }
  return out_RO.view({B, w.out_height, w.out_width, out_}).permute({0, 3, 1, 2});
}

}  // namespace asterism::nn
