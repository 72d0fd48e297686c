#pragma once
// Rows of floats as eight-bit integers and back: the arithmetic around products of integers (int8_weight.h), in vectors
// of eight where the processor has AVX2.

#include <cstdint>

namespace asterism::nn {

// x [n] -> out [n] = round(x / scale), between -most and most, ties to even; returns the scale: the largest magnitude
// over most. A row of zeros has scale 0; one with a NaN or an infinity has scale NaN and zeros.
float int8_row(const float* x, int64_t n, int8_t* out, float most = 127);

// The two halves of int8_row. The largest magnitude of x [n], NaN where there is one; and x [n] -> out [n] = round(x *
// inverse), whose magnitude must not pass 127.
float largest_magnitude(const float* x, int64_t n);
void round_to_bytes(const float* x, int64_t n, float inverse, int8_t* out);

// sum [n] -> out [n] = sum * row_scale * scale + bias, or that added to what is there. bias may be null; out may be the
// memory of sum.
void rescale_row(const int32_t* sum, int64_t n, float row_scale, const float* scale, const float* bias, bool add,
                 float* out);

}  // namespace asterism::nn
