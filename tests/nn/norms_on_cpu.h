// The kernels of norms for rows of WIDTH numbers, inside a namespace of kernels_on_cpu.h; there is no #pragma once.
#define __device__
#define __global__ inline
#define __shared__ static
#define __launch_bounds__(...)
#define IN float
#define HAS_GAIN on_cpu::has_gain
#define HAS_BIAS on_cpu::has_bias
#define ASTERISM_GPU_SOURCE(name, ...) __VA_ARGS__
#include "nn/gpu_common_source.h"
// after what is common
#include "nn/gpu_norm_source.h"
#undef ASTERISM_GPU_SOURCE
#undef HAS_BIAS
#undef HAS_GAIN
#undef IN
#undef __launch_bounds__
#undef __shared__
#undef __global__
#undef __device__
