#include "base/sha256.h"

#include <gtest/gtest.h>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/temporary_folder.h"

namespace asterism::base {
namespace {

// NIST, "Examples with intermediate values" (FIPS 180-4) and SHA256ShortMsg.
TEST(Sha256, NistVectors) {
  EXPECT_EQ(sha256_hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256_hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(sha256_hex("abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqr"
                       "smnopqrstnopqrstu"),
            "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1");
  EXPECT_EQ(sha256_hex(std::string(1000000, 'a')), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256, InPartsOfAnySize) {
  const std::string text(300, 'x');
  for (size_t part : {1, 7, 55, 56, 63, 64, 65, 128, 299}) {
    Sha256 hash;
    for (size_t i = 0; i < text.size(); i += part) hash.update(std::string_view(text).substr(i, part));
    EXPECT_EQ(hash.hex(), sha256_hex(text)) << part;
  }
}

TEST(Sha256, Files) {
  const TemporaryFolder folder;
  write_text(folder / "a", std::string(3000000, 'a'));
  EXPECT_EQ(sha256_file(folder / "a"), sha256_hex(std::string(3000000, 'a')));
  write_text(folder / "empty", "");
  EXPECT_EQ(sha256_file(folder / "empty"), sha256_hex(""));
  EXPECT_THROW(sha256_file(folder / "none"), UserError);
  EXPECT_THROW(sha256_file(folder.path()), UserError);
}

}  // namespace
}  // namespace asterism::base
