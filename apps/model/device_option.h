#pragma once
// --device of the commands that compute.

#include <CLI/CLI.hpp>
#include <string>

namespace asterism::apps {

inline void add_device_option(CLI::App& app, std::string& device) {
  app.add_option("--device", device,
                 "where it computes: cpu, cuda, cuda:1 (the second GPU), or auto: a GPU where there is one")
      ->capture_default_str();
}

}  // namespace asterism::apps
