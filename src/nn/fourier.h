#pragma once
// Numbers as sines and cosines: of measured values, and of positions.

#include <ATen/ATen.h>

#include <cstdint>

namespace asterism::nn {

// sin and cos of 2 pi f x for every frequency: x [...], frequencies [F] -> [..., 2F] (sines first). In the type of x;
// bf16 and fp16 inputs are lifted to fp32, because high frequencies of a rounded x are noise.
at::Tensor fourier_features(const at::Tensor& x, const at::Tensor& frequencies_F);

// F frequencies from low to high in equal ratios.
at::Tensor geometric_frequencies(double low, double high, int64_t count, at::ScalarType dtype = at::kFloat);

// Fixed positions as 4M and AION have them, T = 10000. 1-D: [sin(n w), cos(n w)], w_k = T^(-k/(D/2)); D even ->
// [length, D].
at::Tensor sincos_positions(int64_t length, int64_t width, double temperature = 10000);
// The same at given real positions: [n] -> [n, D].
at::Tensor sincos_positions(const at::Tensor& positions_N, int64_t width, double temperature = 10000);
// 2-D, row-major over a height x width grid, D a multiple of 4: the row in the first half, the column in the second ->
// [height * width, D].
at::Tensor sincos_grid(int64_t height, int64_t width_pixels, int64_t width, double temperature = 10000);

}  // namespace asterism::nn
