#include "io/base64.h"

#include "base/random.h"
#include "tests/io/files.h"

namespace asterism::io {
namespace {

// RFC 4648, section 10.
TEST(Base64, KnownAnswers) {
  const std::pair<const char*, const char*> known[] = {{"", ""},
                                                       {"f", "Zg=="},
                                                       {"fo", "Zm8="},
                                                       {"foo", "Zm9v"},
                                                       {"foob", "Zm9vYg=="},
                                                       {"fooba", "Zm9vYmE="},
                                                       {"foobar", "Zm9vYmFy"}};
  for (const auto& [plain, text] : known) {
    EXPECT_EQ(encode_base64(bytes_of(plain)), text);
    EXPECT_EQ(decode_base64(text, "test"), bytes_of(plain));
  }
}

TEST(Base64, RoundTripOfAnyBytes) {
  base::Random random(3, 0, 0, "base64");
  for (size_t size = 0; size < 200; ++size) {
    std::vector<std::byte> bytes(size);
    for (auto& b : bytes) b = static_cast<std::byte>(random.below(256));
    EXPECT_EQ(decode_base64(encode_base64(bytes), "test"), bytes);
  }
}

TEST(Base64, RefusesWhatIsNotCanonical) {
  for (const char* text :
       {"Zg", "Zg=", "Z===", "====", "Zm9v\n", "Zm 9", "Zh==", "Zm9=", "=Zg=", "Zg==Zg==", "Zm9\xc3"}) {
    EXPECT_THROW(decode_base64(text, "test"), base::DataError) << text;
  }
}

TEST(Base64, DataUri) { EXPECT_EQ(data_uri("image/png", bytes_of("foo")), "data:image/png;base64,Zm9v"); }

}  // namespace
}  // namespace asterism::io
