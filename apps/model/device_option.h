#pragma once
// --device and --precision of the commands that compute.

#include <CLI/CLI.hpp>
#include <string>

namespace asterism::apps {

inline void add_device_option(CLI::App& app, std::string& device) {
  app.add_option("--device", device,
                 "where it computes: cpu, cuda, cuda:1 (the second GPU), or auto: a GPU where there is one")
      ->capture_default_str();
}

// changes: what is not the same in fewer digits.
inline void add_precision_option(CLI::App& app, std::string& precision, const std::string& changes) {
  app.add_option("--precision", precision,
                 "fp32, bf16, int8 (on a CPU, products in the blocks of transformers, ConvNeXts and image codecs), or "
                 "auto: bf16 on "
                 "a GPU, what this processor "
                 "is fastest in on a CPU; " +
                     changes)
      ->capture_default_str();
}

}  // namespace asterism::apps
