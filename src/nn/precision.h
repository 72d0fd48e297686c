#pragma once
// Which number type products run in. bf16 is twice as fast as fp32 on some processors and half as fast on others, so
// "auto" measures.

#include <c10/core/Device.h>

#include <string>

namespace asterism::nn {

enum class Precision { fp32, bf16 };

std::string name(Precision precision);  // "fp32" or "bf16"

// "fp32", "bf16" or "auto" (else UserError). On a GPU auto is bf16; on a CPU it takes bf16 where a transformer layer's
// products run at least 1.2 times as fast in it as in fp32; measured once per processor model, thread count and torch
// version (about 0.3 s), kept in `cache_folder()` where that can be written.
Precision choose_precision(const std::string& setting, const c10::Device& device = c10::kCPU);

// How long the measured product took, in seconds, by type: for reports.
struct PrecisionTiming {
  double fp32_seconds = 0, bf16_seconds = 0;
};
PrecisionTiming time_precisions();

// $ASTERISM_CACHE, else $XDG_CACHE_HOME/asterism, else $HOME/.cache/asterism; empty when none of them is set.
std::string cache_folder();

}  // namespace asterism::nn
