#pragma once
// Named tensors in a safetensors file.

#include <ATen/ATen.h>

#include <filesystem>
#include <map>
#include <string>

namespace asterism::tokenizers {

// The tensors lie in a private mapping of the file (changing them changes no file); those whose bytes are not aligned
// to `alignment` are copied. DataError where the file is damaged or holds a type that ATen lacks.
std::map<std::string, at::Tensor> read_weights(const std::filesystem::path& file, size_t alignment = 64);

// Written aside and renamed. Tensors are made contiguous and brought to the CPU.
void write_weights(const std::filesystem::path& file, const std::map<std::string, at::Tensor>& tensors,
                   const std::map<std::string, std::string>& metadata = {});

}  // namespace asterism::tokenizers
