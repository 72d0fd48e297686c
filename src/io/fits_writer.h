#pragma once
// A small FITS writer, for sky maps, stamps and tests: images and binary tables, in the order they are added.
//
//   FitsWriter writer;
//   writer.card("SURVEY", "mock", "where it comes from");         // cards go to the HDU added next
//   writer.image("FLUX", {2, 64, 64}, flux, "nanomaggy");
//   writer.table("CATALOG", {{"ra", "deg", ra}, {"id", "", id}});
//   writer.write("stamp.fits");

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace asterism::io {

using FitsCardValue = std::variant<bool, int64_t, double, std::string>;

struct FitsWriteColumn {
  std::string name, unit;
  std::variant<std::vector<float>, std::vector<double>, std::vector<int32_t>, std::vector<int64_t>,
               std::vector<std::string>>
      values;
  int64_t per_row = 1;  // numbers a row; text is as wide as its longest
};

class FitsWriter {
 public:
  // A keyword for the next HDU. Name of at most 8 letters of A-Z 0-9 - _.
  FitsWriter& card(const std::string& keyword, const FitsCardValue& value, const std::string& comment = "");
  // Shape slowest axis first; {} and no values: a header alone.
  FitsWriter& image(const std::string& extname, const std::vector<int64_t>& shape, const std::vector<float>& values,
                    const std::string& unit = "");
  FitsWriter& image(const std::string& extname, const std::vector<int64_t>& shape, const std::vector<double>& values,
                    const std::string& unit = "");
  FitsWriter& image(const std::string& extname, const std::vector<int64_t>& shape, const std::vector<int32_t>& values,
                    const std::string& unit = "");
  FitsWriter& table(const std::string& extname, const std::vector<FitsWriteColumn>& columns);

  // The file's bytes (an empty primary HDU is put first when the first HDU is a table), and the same written
  // atomically.
  std::vector<std::byte> bytes() const;
  void write(const std::filesystem::path& path) const;

 private:
  struct Hdu {
    bool is_table = false;
    std::string cards;            // 80 characters each
    std::vector<std::byte> data;  // big-endian
  };
  FitsWriter& image_bytes(const std::string& extname, int bitpix, const std::vector<int64_t>& shape,
                          const std::string& unit, std::vector<std::byte> data);
  void add_hdu(bool is_table, std::string layout_cards, std::vector<std::byte> data);

  std::vector<Hdu> hdus_;
  std::string next_cards_;
};

}  // namespace asterism::io
