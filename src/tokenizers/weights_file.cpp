#include "tokenizers/weights_file.h"

#include <cstring>

#include "base/error.h"
#include "io/safetensors.h"

namespace asterism::tokenizers {

namespace {

at::ScalarType type_of(io::DType type) {
  switch (type) {
    case io::DType::kF64:
      return at::kDouble;
    case io::DType::kF32:
      return at::kFloat;
    case io::DType::kF16:
      return at::kHalf;
    case io::DType::kBF16:
      return at::kBFloat16;
    case io::DType::kI64:
      return at::kLong;
    case io::DType::kI32:
      return at::kInt;
    case io::DType::kI16:
      return at::kShort;
    case io::DType::kI8:
      return at::kChar;
    case io::DType::kU64:
      return at::kUInt64;
    case io::DType::kU32:
      return at::kUInt32;
    case io::DType::kU16:
      return at::kUInt16;
    case io::DType::kU8:
      return at::kByte;
    case io::DType::kBool:
      return at::kBool;
  }
  base::data_error("a tensor of a type that is not known here");
}

io::DType type_of(at::ScalarType type, const std::string& name) {
  for (const auto known : {io::DType::kF64, io::DType::kF32, io::DType::kF16, io::DType::kBF16, io::DType::kI64,
                           io::DType::kI32, io::DType::kI16, io::DType::kI8, io::DType::kU64, io::DType::kU32,
                           io::DType::kU16, io::DType::kU8, io::DType::kBool})
    if (type_of(known) == type) return known;
  ASTERISM_CHECK(false, "tensor '{}' has type {}, which safetensors lacks", name, at::toString(type));
  return io::DType::kF32;
}

}  // namespace

std::map<std::string, at::Tensor> read_weights(const std::filesystem::path& path, size_t alignment) {
  const auto file = io::SafetensorsFile::open(path);
  std::map<std::string, at::Tensor> out;
  for (const auto& view : file.tensors()) {
    const auto type = type_of(view.dtype);
    auto* data = view.bytes.data();
    if (view.bytes.empty() || reinterpret_cast<uintptr_t>(data) % alignment != 0) {
      auto copy = at::empty(view.shape, type);
      if (!view.bytes.empty()) std::memcpy(copy.mutable_data_ptr(), data, view.bytes.size());
      out[view.name] = copy;
      continue;
    }
    // every tensor keeps the mapping alive
    out[view.name] = at::from_blob(
        data, view.shape, [keep = file.mapping()](void*) {}, at::TensorOptions(type));
  }
  return out;
}

void write_weights(const std::filesystem::path& path, const std::map<std::string, at::Tensor>& tensors,
                   const std::map<std::string, std::string>& metadata) {
  std::vector<at::Tensor> held;
  std::vector<io::TensorBytes> out;
  for (const auto& [name, tensor] : tensors) {
    held.push_back(tensor.detach().to(at::kCPU).contiguous());
    io::TensorBytes entry;
    entry.name = name;
    entry.dtype = type_of(tensor.scalar_type(), name);
    entry.shape = held.back().sizes().vec();
    entry.bytes = {static_cast<const std::byte*>(held.back().const_data_ptr()), held.back().nbytes()};
    out.push_back(std::move(entry));
  }
  io::write_safetensors(path, std::move(out), metadata);
}

}  // namespace asterism::tokenizers
