#pragma once
// Which number type products run in. bf16 is twice as fast as fp32 on some processors and half as fast on others, and
// int8 is only where the processor multiplies bytes, so "auto" measures.

#include <c10/core/Device.h>

#include <string>

namespace asterism::nn {

enum class Precision { fp32, bf16, int8 };

std::string name(Precision precision);  // "fp32", "bf16" or "int8"

// int8 has no gradients, so training refuses it. Some tokens change in it, as in bf16
// (bench/results/codec_precision.json).
enum class Work { training, inference, inference_by_convolutions };

// "fp32", "bf16", "int8" (inference on CPUs) or "auto" (else UserError). On a GPU auto is bf16; on a CPU it takes bf16
// where a transformer layer's products (or the convolutions of an image codec) run at least 1.2 times as fast in it as
// in fp32, and for inference int8 where that is as much faster again; measured once per processor model, thread count
// and torch version (about 0.3 s), kept in precision.tsv of `cache_folder()` where that can be written (remove it, and
// it is measured anew).
Precision choose_precision(const std::string& setting, const c10::Device& device = c10::kCPU,
                           Work work = Work::training);

// How long the measured products or convolutions took, in seconds, by type: for reports.
struct PrecisionTiming {
  double fp32_seconds = 0, bf16_seconds = 0, int8_seconds = 0;
};
PrecisionTiming time_precisions(Work work = Work::training);

// $ASTERISM_CACHE, else $XDG_CACHE_HOME/asterism, else $HOME/.cache/asterism; empty when none of them is set.
std::string cache_folder();

}  // namespace asterism::nn
