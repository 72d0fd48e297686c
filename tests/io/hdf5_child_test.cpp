#include "io/hdf5_child.h"

#include <gtest/gtest.h>

#include <cstring>

#include "base/bytes.h"
#include "base/error.h"
#include "base/resources.h"
#include "io/child_process.h"
#include "tests/where.h"

namespace asterism::io {
namespace {

class Hdf5ChildTest : public testing::Test {
 protected:
  static std::string golden(const char* name) {
    return (std::filesystem::path(tests::kSourceFolder) / "tests/golden/surveys" / name).string();
  }
  // Status and text of the answer to a request.
  static std::pair<int, std::string> ask(ChildProcess& child, const std::string& request) {
    child.write({reinterpret_cast<const std::byte*>(request.data()), request.size()});
    std::byte head[9];
    child.read(head);
    std::string out(base::load_le<uint64_t>(head + 1), '\0');
    child.read({reinterpret_cast<std::byte*>(out.data()), out.size()});
    return {std::to_integer<int>(head[0]), out};
  }
  static std::string read_request(uint32_t dataset, int64_t first, int64_t rows) {
    std::string out = "R" + std::string(20, '\0');
    std::memcpy(out.data() + 1, &dataset, 4);
    std::memcpy(out.data() + 5, &first, 8);
    std::memcpy(out.data() + 13, &rows, 8);
    return out;
  }
  const std::string program_ = base::executable_folder() / "asterism";
};

TEST_F(Hdf5ChildTest, AnswersAndSaysWhatIsWrong) {
  ChildProcess child(program_, {"hdf5-child", golden("mmu-gz10.h5")}, "x");
  EXPECT_EQ(ask(child, "L").first, 0);
  EXPECT_EQ(ask(child, read_request(99, 0, 1)).first, 1);       // no such dataset
  EXPECT_EQ(ask(child, read_request(0, 1000000, 1)).first, 1);  // no such row
  EXPECT_EQ(ask(child, read_request(0, 0, 1)).first, 0);        // and it still answers
  EXPECT_EQ(ask(child, "L").first, 0);
}

TEST_F(Hdf5ChildTest, AFileThatIsNoneIsSaid) {
  ChildProcess child(program_, {"hdf5-child", "/dev/null"}, "x");
  const auto [status, text] = ask(child, "L");
  EXPECT_EQ(status, 1);
  EXPECT_NE(text.find("HDF5"), std::string::npos);
}

TEST_F(Hdf5ChildTest, AnUnknownRequestEndsIt) {
  ChildProcess child(program_, {"hdf5-child", golden("mmu-gz10.h5")}, "x");
  EXPECT_THROW(ask(child, "?"), base::DataError);
}

}  // namespace
}  // namespace asterism::io
