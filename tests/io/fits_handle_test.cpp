#include "io/fits_handle.h"

#include "base/atomic_file.h"
#include "base/random.h"
#include "base/temporary_folder.h"
#include "io/fits_writer.h"
#include "tests/io/files.h"

namespace asterism::io {
namespace {

// Reads everything that a file shows of itself; DataErrors are taken, anything else is a fault.
int read_all(std::vector<std::byte> bytes) {
  int errors = 0;
  const auto attempt = [&](auto body) {
    try {
      body();
    } catch (const base::DataError&) {
      ++errors;
    }
  };
  FitsLimits limits;
  limits.elements = 1 << 20;
  attempt([&] {
    const FitsFile file = FitsFile::from_bytes(std::move(bytes), "hostile", limits);
    for (int i = 0; i < file.num_hdus(); ++i) {
      attempt([&] {
        const FitsHdu hdu = file.hdu(i);
        attempt([&] { hdu.cards(); });
        if (hdu.kind() == FitsKind::kImage) attempt([&] { hdu.image<double>(); });
        for (const auto& column : hdu.columns()) {
          if (column.type == FitsType::kText) {
            attempt([&] { hdu.text_column(column.name); });
          } else if (column.variable_length) {
            attempt([&] { hdu.list_column<float>(column.name); });
          } else {
            attempt([&] { hdu.column<double>(column.name); });
          }
        }
      });
    }
  });
  return errors;
}

TEST(FitsHandle, WholeFilesGiveNoErrors) {
  // One column of complex numbers is refused, as it should be.
  EXPECT_EQ(read_all(read_bytes(golden_path("kinds.fits"))), 1);
}

// The pixels or the FLUX column of an HDU, with nulls as zeros.
std::vector<double> numbers_of(const FitsFile& file, int index) {
  const FitsHdu hdu = file.hdu(index);
  if (hdu.kind() == FitsKind::kEmpty || (hdu.kind() == FitsKind::kTable && hdu.find_column("FLUX") == nullptr))
    return {};
  auto values = hdu.kind() == FitsKind::kImage ? hdu.image<double>() : hdu.column<double>("FLUX");
  for (size_t i = 0; i < values.values.size(); ++i) values.values[i] = values.valid[i] ? values.values[i] : 0;
  return values.values;
}

TEST(FitsHandle, CutAnywhereIsAnErrorOrTheSameNumbers) {
  const auto whole = read_bytes(golden_path("kinds.fits"));
  const FitsFile complete = FitsFile::from_bytes(whole, "whole");
  int refused = 0;
  for (size_t cut = 0; cut < whole.size(); cut += 61) {
    try {
      const FitsFile file =
          FitsFile::from_bytes({whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(cut)}, "cut");
      for (int i = 0; i < complete.num_hdus(); ++i)
        EXPECT_EQ(numbers_of(file, i), numbers_of(complete, i)) << cut << " HDU " << i;
    } catch (const base::DataError&) {
      ++refused;
    }
  }
  EXPECT_GT(refused, 500);  // all but cuts in the last HDU's padding lose something
}

// cfitsio reads whole records of 2880 bytes; a mapped file of 4096 bytes has nothing of its own behind it.
TEST(FitsHandle, MappedFilesCutAtAPageAreReadAsTheyAre) {
  const base::TemporaryFolder folder;
  const std::vector<float> pixels = {1, 2, 3, 4, 5, 6};
  const auto bytes = FitsWriter().image("A", {2, 3}, pixels).bytes();
  const auto cut_to = [&](size_t size) {
    base::write_text(folder / "cut.fits", {reinterpret_cast<const char*>(bytes.data()), size});
    return FitsFile::open(folder / "cut.fits");
  };
  ASSERT_EQ(bytes.size(), 5760u);  // the cuts leave the pixels and take padding away
  EXPECT_EQ(cut_to(4096).hdu(0).image<float>().values, pixels);
  EXPECT_EQ(cut_to(2880 + 6 * 4).hdu(0).image<float>().values, pixels);
  EXPECT_NE(message_of([&] { cut_to(2880 + 6 * 4 - 1).hdu(0); }).find("copy it again"), std::string::npos);
}

// What the last header promises must not become memory that cfitsio reads: here 400 GB behind the end.
TEST(FitsHandle, PromisesOfACutHduDoNotReachTheOthers) {
  FitsWriter writer;
  writer.image("A", {2}, std::vector<float>{1, 2}).image("B", {2}, std::vector<float>{3, 4});
  const auto whole = writer.bytes();
  std::string text(reinterpret_cast<const char*>(whole.data()), whole.size());
  const std::string length = "NAXIS1  =                    2";
  text.replace(text.rfind(length), length.size(), "NAXIS1  =         100000000000");
  const FitsFile file = FitsFile::from_bytes(bytes_of(text), "f");
  EXPECT_EQ(file.hdu("A").image<float>().values, (std::vector<float>{1, 2}));
  for (const std::string& message : {message_of([&] { file.hdu(1); }), message_of([&] { file.hdu("B"); })}) {
    EXPECT_NE(message.find("but the file ends at 11520; copy it again"), std::string::npos) << message;
  }
}

// An HDU that cannot be read leaves the one before it as it is.
TEST(FitsHandle, ABrokenHduDoesNotReachTheOthers) {
  FitsWriter writer;
  writer.image("A", {2}, std::vector<float>{1, 2}).table("B", {{"FLUX", "", std::vector<float>{3, 4, 5}}});
  const auto whole = writer.bytes();
  std::string text(reinterpret_cast<const char*>(whole.data()), whole.size());
  const size_t at = text.find("TFORM1");
  text.replace(at, 30, "TFORM1  = '?       '          ");
  const FitsFile file = FitsFile::from_bytes(bytes_of(text), "f");
  EXPECT_EQ(file.num_hdus(), 1);
  EXPECT_EQ(file.hdu(0).kind(), FitsKind::kImage);
  EXPECT_EQ(file.hdu(0).image<float>().values, (std::vector<float>{1, 2}));
  const std::string message = message_of([&] { file.hdu(1); });
  EXPECT_NE(message.find("cannot be read"), std::string::npos) << message;
}

TEST(FitsHandle, FlippedBitsNeverCrash) {
  const auto whole = read_bytes(golden_path("kinds.fits"));
  base::Random random(11, 0, 0, "flips");
  for (int trial = 0; trial < 500; ++trial) {
    auto damaged = whole;
    for (int flips = 0; flips < 3; ++flips)
      damaged[random.below(whole.size())] ^= static_cast<std::byte>(1 << random.below(8));
    read_all(std::move(damaged));
  }
}

// Digits of header values replaced: lengths, counts and offsets become something else, and large.
TEST(FitsHandle, WrongCountsNeverCrash) {
  const auto whole = read_bytes(golden_path("kinds.fits"));
  int tried = 0;
  for (size_t at = 0; at + 80 <= whole.size(); at += 80) {
    const std::string card(reinterpret_cast<const char*>(whole.data()) + at, 80);
    if (card.compare(8, 2, "= ") != 0 || card.find_first_of("0123456789") == std::string::npos) continue;
    for (const char* value : {"9223372036854775807", "-1", "0", "4294967296", "1000000", "1e300", "T",
                              "'1PE(9999999999)'", "'999999999E'"}) {
      std::string changed = card.substr(0, 10) + fmt::format("{:>20}", value);
      changed.resize(80, ' ');
      auto damaged = whole;
      std::memcpy(damaged.data() + at, changed.data(), 80);
      read_all(std::move(damaged));
      ++tried;
    }
  }
  EXPECT_GT(tried, 500);
}

TEST(FitsHandle, SizesAreCheckedBeforeMemoryIsAsked) {
  FitsWriter writer;
  writer.image("A", {4, 5}, std::vector<float>(20));
  auto bytes = writer.bytes();
  std::string text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  const auto with = [&](const std::string& from, const std::string& to) {
    std::string changed = text;
    changed.replace(changed.find(from), from.size(), to);
    return message_of([&] { FitsFile::from_bytes(bytes_of(changed), "f").hdu(0); });
  };
  EXPECT_NE(with("NAXIS1  =                    5", "NAXIS1  =  9223372036854775807").find("HDU 0"), std::string::npos);
  EXPECT_NE(with("NAXIS1  =                    5", "NAXIS1  =         100000000000").find("the file ends at"),
            std::string::npos);
  EXPECT_NE(
      with("NAXIS2  =                    4", "NAXIS2  =                 1000").find("the header asks for 19.5 KiB"),
      std::string::npos);
  EXPECT_NE(message_of([&] { FitsFile::from_bytes({}, "f"); }).find("has 0 bytes"), std::string::npos);
  EXPECT_NE(message_of([&] { FitsFile::from_bytes(std::vector<std::byte>(5760), "f"); }).find("no FITS file"),
            std::string::npos);
}

TEST(FitsHandle, TellsWhatFollowsTheLastHdu) {
  auto bytes = FitsWriter().image("", {2}, std::vector<float>{1, 2}).bytes();
  bytes.resize(bytes.size() + 2880, std::byte{'x'});
  const FitsFile file = FitsFile::from_bytes(bytes, "f");
  EXPECT_EQ(file.num_hdus(), 1);
  EXPECT_NE(message_of([&] { file.hdu(1); }).find("so no HDU 1"), std::string::npos);
}

}  // namespace
}  // namespace asterism::io
