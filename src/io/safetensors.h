#pragma once
// safetensors files: 8 bytes of header length, a JSON header, and the tensors' bytes, little-endian and in C order.
// https://github.com/huggingface/safetensors#format
//
//   auto file = SafetensorsFile::open("model.safetensors");
//   const TensorView& weight = file.at("encoder.0.weight");    // bytes lie in the mapping; nothing is copied
//   keep(file.mapping());                                      // whoever wraps the bytes keeps this alive
//
// The reader is stricter than most: besides the format's own rules it refuses repeated names and tensors that do not
// begin at a multiple of their element's size. The writer puts the data on a 64-byte boundary, and the tensors largest
// element first, then by name: in order of name alone, an odd number of bytes before a float would leave the float
// unaligned.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "io/private_mapping.h"

namespace asterism::io {

enum class DType { kF64, kF32, kF16, kBF16, kI64, kI32, kI16, kI8, kU64, kU32, kU16, kU8, kBool };

size_t size_of(DType dtype);       // bytes an element
const char* name_of(DType dtype);  // "F64", "BF16", ...

// One tensor of an open file. The bytes are copy on write: changing them changes no file.
struct TensorView {
  std::string name;
  DType dtype = DType::kF32;
  std::vector<int64_t> shape;  // {} is a scalar
  std::span<std::byte> bytes;
};

class SafetensorsFile {
 public:
  // Maps and checks the file; DataError naming file, tensor and offset when anything in it is not as the format says.
  static SafetensorsFile open(const std::filesystem::path& path);

  const std::vector<TensorView>& tensors() const { return tensors_; }  // in order of name
  const std::map<std::string, std::string>& metadata() const { return metadata_; }
  bool contains(const std::string& name) const;
  const TensorView& at(const std::string& name) const;                         // DataError naming the nearest tensor
  const std::shared_ptr<PrivateMapping>& mapping() const { return mapping_; }  // keeps the bytes of every view alive

 private:
  std::shared_ptr<PrivateMapping> mapping_;
  std::vector<TensorView> tensors_;
  std::map<std::string, std::string> metadata_;
};

// Checks bytes as open() does; for fuzzing and for files inside others. The views point into `bytes`.
struct SafetensorsHeader {
  std::vector<TensorView> tensors;
  std::map<std::string, std::string> metadata;
};
SafetensorsHeader read_safetensors(std::span<std::byte> bytes, const std::string& source);

// A tensor to write: bytes.size() is the product of the shape times the element's size.
struct TensorBytes {
  std::string name;
  DType dtype = DType::kF32;
  std::vector<int64_t> shape;
  std::span<const std::byte> bytes;
};

// Writes atomically: the file is complete or absent. The same tensors and metadata give the same bytes.
void write_safetensors(const std::filesystem::path& path, std::vector<TensorBytes> tensors,
                       const std::map<std::string, std::string>& metadata = {});

}  // namespace asterism::io
