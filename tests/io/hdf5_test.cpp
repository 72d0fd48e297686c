#include "io/hdf5.h"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>

#include "base/error.h"
#include "base/temporary_folder.h"
#include "tests/where.h"

namespace asterism::io {
namespace {

std::filesystem::path golden_hdf5(const std::string& name) {
  return std::filesystem::path(tests::kSourceFolder) / "tests/golden/surveys" / name;
}

// Written by h5py (tests/golden/make_surveys.py).
TEST(Hdf5, KindsShapesAndValues) {
  auto file = Hdf5File::open(golden_hdf5("everything.h5"));
  EXPECT_EQ(file.read<float>("floats")[0], 1.5f);
  EXPECT_TRUE(std::isnan(file.read<double>("floats")[1]));
  EXPECT_EQ(file.need("doubles").shape, (std::vector<int64_t>{2, 2}));
  EXPECT_EQ(file.read<double>("doubles", 1, 1), (std::vector<double>{3, 4}));
  EXPECT_EQ(file.read<int64_t>("bytes"), (std::vector<int64_t>{-1, 2}));
  EXPECT_EQ(file.read<int64_t>("big"), (std::vector<int64_t>{1, 2}));
  EXPECT_EQ(file.need("flags").kind, Hdf5Kind::kBool);
  EXPECT_EQ(file.read<uint8_t>("flags"), (std::vector<uint8_t>{1, 0}));
  EXPECT_EQ(file.read_texts("fixed", 0, 2), (std::vector<std::string>{"ab", "c"}));
  EXPECT_EQ(file.read_texts("texts", 0, 2), (std::vector<std::string>{"alpha", "beta \u03b2"}));
  EXPECT_EQ(file.read<double>("scalar"), (std::vector<double>{7}));
  EXPECT_EQ(file.read<int64_t>("group/inner", 1, 2), (std::vector<int64_t>{2, 3}));
  EXPECT_EQ(file.read<int64_t>("table.id"), (std::vector<int64_t>{1, 2}));
  EXPECT_EQ(file.read<double>("table.v"), (std::vector<double>{2.5, 3.5}));
  EXPECT_EQ(file.read_texts("table.name", 0, 2), (std::vector<std::string>{"x", "y"}));
}

// Nothing outside the file is read through it.
TEST(Hdf5, LinksAndVirtualDatasetsAreNotFollowed) {
  const auto file = Hdf5File::open(golden_hdf5("everything.h5"));
  for (const char* name : {"link", "soft", "virtual"}) EXPECT_EQ(file.find(name), nullptr) << name;
}

TEST(Hdf5, WrongRequestsAreDataErrors) {
  auto file = Hdf5File::open(golden_hdf5("everything.h5"));
  EXPECT_THROW(file.need("flots"), base::DataError);
  EXPECT_THROW(file.read<int64_t>("floats"), base::DataError);
  EXPECT_THROW(file.read<double>("texts"), base::DataError);
  EXPECT_THROW(file.read_texts("floats", 0, 2), base::DataError);
  EXPECT_THROW(file.read<double>("doubles", 1, 2), base::DataError);
  EXPECT_THROW(file.read<double>("doubles", -1, 1), base::DataError);
  EXPECT_EQ(file.read<double>("doubles", 2, 0).size(), 0u);
  EXPECT_THROW(Hdf5File::open(golden_hdf5("no such file")), base::UserError);
}

TEST(Hdf5, OtherFilesAndDamageAreDataErrors) {
  const base::TemporaryFolder folder;
  std::ifstream in(golden_hdf5("everything.h5"), std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(in), {}};
  const auto open = [&](const std::string& text) {
    std::ofstream(folder / "x.h5", std::ios::binary) << text;
    return Hdf5File::open(folder / "x.h5");
  };
  EXPECT_THROW(open(""), base::DataError);
  EXPECT_THROW(open("no HDF5 at all"), base::DataError);
  for (const size_t length : {size_t{8}, size_t{500}, bytes.size() / 2})
    EXPECT_THROW(open(bytes.substr(0, length)), base::DataError) << length;
}

// A child that needs more memory or time than it may have is a DataError, and this process goes on.
TEST(Hdf5, LimitsOfTheChild) {
  ChildLimits limits;
  limits.memory_bytes = uint64_t{8} << 20;  // not enough to load its libraries
#if defined(__has_feature)
  constexpr bool kLimited = !__has_feature(address_sanitizer);  // it reserves terabytes: see child_process.cpp
#else
  constexpr bool kLimited = true;
#endif
  if (kLimited) {
    EXPECT_THROW(Hdf5File::open(golden_hdf5("everything.h5"), limits), base::DataError);
  }
  EXPECT_NO_THROW(Hdf5File::open(golden_hdf5("everything.h5")));
}

}  // namespace
}  // namespace asterism::io
