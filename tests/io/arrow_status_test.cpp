#include "io/arrow_status.h"

#include <arrow/io/file.h>

#include <filesystem>
#include <new>

#include "tests/io/files.h"

namespace asterism::io {
namespace {

TEST(ArrowStatus, FailuresBecomeDataErrors) {
  EXPECT_NO_THROW(check_arrow(arrow::Status::OK(), "x"));
  EXPECT_EQ(message_of([] { check_arrow(arrow::Status::Invalid("bad page\nmore"), "'a.parquet'"); }),
            "'a.parquet': bad page");
  EXPECT_EQ(need_arrow(arrow::Result<int>(3), "x"), 3);
  EXPECT_THROW(need_arrow(arrow::Result<int>(arrow::Status::IOError("disk")), "x"), base::DataError);
}

// A device that is always full.
TEST(ArrowStatus, AFullDiskIsSaidToBeFull) {
  if (!std::filesystem::exists("/dev/full")) GTEST_SKIP() << "no /dev/full";
  const auto file = need_arrow(arrow::io::FileOutputStream::Open("/dev/full"), "open");
  const std::string said = message_of([&] { check_arrow(file->Write("abc", 3), "'a.parquet'"); });
  EXPECT_NE(said.find("No space left on device; free some space"), std::string::npos) << said;
}

TEST(ArrowStatus, ExceptionsBecomeDataErrorsSaveOurOwn) {
  EXPECT_EQ(message_of([] { guarded("here", [] { throw std::runtime_error("thrift"); }); }), "here: thrift");
  EXPECT_EQ(message_of([] { guarded("here", [] { throw std::bad_alloc(); }); }),
            "here: asks for more memory than there is");
  EXPECT_THROW(guarded("here", [] { base::user_error("mine"); }), base::UserError);
  EXPECT_THROW(guarded("here", [] { ASTERISM_CHECK(false); }), base::CheckError);
  EXPECT_EQ(guarded("here", [] { return 4; }), 4);
}

}  // namespace
}  // namespace asterism::io
