#include "io/safetensors.h"

#include <bit>

#include "base/atomic_file.h"
#include "base/bytes.h"
#include "base/temporary_folder.h"
#include "tests/io/files.h"

namespace asterism::io {
namespace {

// A file of this header and so many bytes of data.
std::vector<std::byte> safetensors_file(const std::string& header, size_t data_bytes) {
  std::vector<std::byte> bytes(8);
  base::store_le<uint64_t>(bytes.data(), header.size());
  const auto text = bytes_of(header);
  bytes.insert(bytes.end(), text.begin(), text.end());
  bytes.resize(bytes.size() + data_bytes);
  return bytes;
}

std::string padded(std::string header) {
  header.resize((header.size() + 8 + 63) / 64 * 64 - 8, ' ');
  return header;
}

TEST(Safetensors, ReadsAFileOfTheFormatsOwnLibrary) {
  const auto file = SafetensorsFile::open(golden_path("library.safetensors"));
  ASSERT_EQ(file.tensors().size(), 5u);
  EXPECT_EQ(file.metadata(), (std::map<std::string, std::string>{{"format", "np"}, {"text", "na\u00efve"}}));
  const auto& weight = file.at("b.weight");
  EXPECT_EQ(weight.dtype, DType::kF32);
  EXPECT_EQ(weight.shape, (std::vector<int64_t>{2, 3}));
  for (size_t i = 0; i < 6; ++i) EXPECT_EQ(base::load_le<float>(weight.bytes.data() + 4 * i), static_cast<float>(i));
  EXPECT_EQ(base::load_le<int64_t>(file.at("a").bytes.data()), 7);
  EXPECT_TRUE(file.at("a").shape.empty());
  EXPECT_EQ(file.at("empty").shape, (std::vector<int64_t>{0, 4}));
  EXPECT_EQ(file.at("empty").bytes.size(), 0u);
  EXPECT_EQ(file.at("flags").dtype, DType::kBool);
  EXPECT_EQ(file.at("bytes").bytes[4], std::byte{4});
  EXPECT_NE(message_of([&] { file.at("b.wight"); }).find("the nearest is 'b.weight'"), std::string::npos);
  EXPECT_FALSE(file.contains("c"));
}

TEST(Safetensors, RoundTripOfEveryType) {
  base::TemporaryFolder folder;
  std::vector<std::vector<std::byte>> data;
  std::vector<TensorBytes> tensors;
  const DType all[] = {DType::kBool, DType::kU8, DType::kF64, DType::kF16, DType::kBF16, DType::kI64, DType::kI32,
                       DType::kI16,  DType::kI8, DType::kU64, DType::kU32, DType::kU16,  DType::kF32};
  for (const DType dtype : all) {
    data.emplace_back(size_of(dtype) * 3);
    for (size_t i = 0; i < data.back().size(); ++i) data.back()[i] = static_cast<std::byte>(17 * i + data.size());
  }
  for (size_t i = 0; i < data.size(); ++i)
    tensors.push_back({std::string("t.") + name_of(all[i]), all[i], {3, 1}, data[i]});
  write_safetensors(folder / "a.safetensors", tensors, {{"made", "here"}});
  const auto file = SafetensorsFile::open(folder / "a.safetensors");
  ASSERT_EQ(file.tensors().size(), data.size());
  for (size_t i = 0; i < data.size(); ++i) {
    const auto& view = file.at(tensors[i].name);
    EXPECT_EQ(view.dtype, all[i]);
    EXPECT_EQ(view.shape, tensors[i].shape);
    EXPECT_TRUE(std::equal(view.bytes.begin(), view.bytes.end(), data[i].begin(), data[i].end()));
    EXPECT_EQ(reinterpret_cast<uintptr_t>(view.bytes.data()) % size_of(all[i]), 0u);
  }
  const auto& first = file.at("t.F64");  // the largest elements come first, on 64 bytes
  EXPECT_EQ((first.bytes.data() - file.mapping()->bytes().data()) % 64, 0);
  std::reverse(tensors.begin(), tensors.end());
  write_safetensors(folder / "b.safetensors", tensors, {{"made", "here"}});
  EXPECT_EQ(read_bytes(folder / "a.safetensors"), read_bytes(folder / "b.safetensors"));
}

TEST(Safetensors, RefusesNamesThatCannotBe) {
  base::TemporaryFolder folder;
  const std::vector<std::byte> four(4);
  const TensorBytes tensor{"w", DType::kF32, {1}, four};
  EXPECT_THROW(write_safetensors(folder / "a", {tensor, tensor}), base::UserError);
  EXPECT_THROW(write_safetensors(folder / "a", {{"__metadata__", DType::kF32, {1}, four}}), base::UserError);
  EXPECT_THROW(write_safetensors(folder / "a", {{"\xff", DType::kF32, {1}, four}}), base::UserError);
  EXPECT_THROW(write_safetensors(folder / "a", {{"w", DType::kF32, {2}, four}}), base::CheckError);
  EXPECT_FALSE(std::filesystem::exists(folder / "a"));
}

TEST(Safetensors, RefusesHeadersThatDoNotFitTheData) {
  const auto one = [](const std::string& name, const std::string& type, const std::string& shape,
                      const std::string& offsets) {
    return "\"" + name + R"(":{"dtype":")" + type + R"(","shape":)" + shape + R"(,"data_offsets":)" + offsets + "}";
  };
  const auto check = [](const std::string& entries, size_t data_bytes, const char* says) {
    auto bytes = safetensors_file(padded("{" + entries + "}"), data_bytes);
    const std::string message = message_of([&] { read_safetensors(bytes, "'f'"); });
    EXPECT_NE(message.find(says), std::string::npos) << entries << "\n" << message;
  };
  check(one("w", "F32", "[2]", "[0,4]"), 4, "needs 8 bytes, but has 4 at offset 0");
  check(one("w", "F32", "[1]", "[0,4]"), 3, "which have 3");
  check(one("w", "F32", "[1]", "[4,0]"), 4, "bytes 4 to 0");
  check(one("w", "F32", "[1]", "[0,4]"), 5, "1 bytes follow the last tensor");
  check(one("w", "F32", "[1]", "[4,8]"), 8, "there is a hole");
  check(one("w", "F32", "[1]", "[0,4]") + "," + one("v", "F32", "[1]", "[0,4]"), 4, "they overlap");
  check(one("w", "F32", "[2]", "[0,8]") + "," + one("v", "F32", "[1]", "[4,8]"), 8, "they overlap");
  check(one("a", "U8", "[1]", "[0,1]") + "," + one("w", "F32", "[1]", "[1,5]"), 5, "tensor 'w' begins at byte");
  check(one("w", "F32", "[4611686018427387904,4611686018427387904]", "[0,4]"), 4, "more bytes than can be counted");
  check(one("w", "U8", "[18446744073709551615]", "[0,4]"), 4, "more bytes than can be counted");
  check(one("w", "F32", "[0,4611686018427387904,4611686018427387904]", "[0,0]"), 0, "more bytes than can be counted");
  check(one("w", "F32", "[1]", "[0,18446744073709551615]"), 4, "which have 4");
  check(one("w", "F8_E4M3", "[4]", "[0,4]"), 4, "has the type 'F8_E4M3', which is not read here");
  check(one("w", "f32", "[1]", "[0,4]"), 4, "'f32'");
  check("", 1, "1 bytes follow the last tensor");
}

TEST(Safetensors, RefusesLengthsThatDoNotFitTheFile) {
  std::vector<std::byte> empty;
  EXPECT_NE(message_of([&] { read_safetensors(empty, "f"); }).find("too few"), std::string::npos);
  std::vector<std::byte> bytes(100);
  for (const uint64_t length :
       {uint64_t{93}, uint64_t{100'000'000}, uint64_t{100'000'001}, uint64_t{1} << 63, ~uint64_t{0}}) {
    base::store_le<uint64_t>(bytes.data(), length);
    EXPECT_THROW(read_safetensors(bytes, "f"), base::DataError) << length;
  }
}

// Cut anywhere, or with any one bit of the header turned over, a file is refused or at least stays inside its bytes.
TEST(Safetensors, TruncationAndFlippedBits) {
  const auto whole = read_bytes(golden_path("library.safetensors"));
  for (size_t cut = 0; cut < whole.size(); ++cut) {
    std::vector<std::byte> part(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(cut));
    EXPECT_THROW(read_safetensors(part, "cut"), base::DataError) << cut;
  }
  int refused = 0;
  for (size_t bit = 0; bit < whole.size() * 8; ++bit) {
    auto damaged = whole;
    damaged[bit / 8] ^= static_cast<std::byte>(1 << bit % 8);
    try {
      for (const auto& tensor : read_safetensors(damaged, "flipped").tensors) {
        EXPECT_GE(tensor.bytes.data(), damaged.data());
        EXPECT_LE(tensor.bytes.data() + tensor.bytes.size(), damaged.data() + damaged.size());
      }
    } catch (const base::DataError&) {
      ++refused;
    }
  }
  EXPECT_GT(refused, 1000);
}

}  // namespace
}  // namespace asterism::io
