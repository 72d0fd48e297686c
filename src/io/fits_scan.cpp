#include "io/fits_scan.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <string_view>

#include "base/bytes.h"
#include "base/error.h"

namespace asterism::io {
namespace {

constexpr size_t kBlock = 2880, kCard = 80;
constexpr int64_t kMaxCompressedAxes = 6;  // cfitsio's tables have so many

// Keywords that say where data lie and how they are packed.
bool matters(std::string_view keyword) {
  const auto numbered = [&](std::string_view stem) {
    const auto rest = keyword.substr(std::min(stem.size(), keyword.size()));
    return keyword.starts_with(stem) &&
           std::all_of(rest.begin(), rest.end(), [](char c) { return c >= '0' && c <= '9'; });
  };
  for (const std::string_view one :
       {"BITPIX", "PCOUNT", "GCOUNT", "TFIELDS", "ZIMAGE", "ZBITPIX", "ZCMPTYPE", "ZDITHER0", "THEAP"}) {
    if (keyword == one) return true;
  }
  for (const std::string_view stem : {"NAXIS", "ZNAXIS", "ZTILE", "ZNAME", "ZVAL", "TFORM"}) {
    if (numbered(stem)) return true;
  }
  return false;
}

struct Header {
  std::string place;
  std::map<std::string, std::string, std::less<>> values;  // of the keywords that matter, as written
  bool is_primary = false;

  std::optional<int64_t> integer(const std::string& keyword) const {
    const auto found = values.find(keyword);
    if (found == values.end()) return std::nullopt;
    int64_t value = 0;
    const std::string& text = found->second;
    const char* begin = text.data() + (text.starts_with('+') ? 1 : 0);
    const auto result = std::from_chars(begin, text.data() + text.size(), value);
    if (result.ec != std::errc() || result.ptr != text.data() + text.size()) {
      base::data_error("{}: keyword {} is {}, not an integer", place, keyword, text);
    }
    return value;
  }
  int64_t between(const std::string& keyword, int64_t low, int64_t high,
                  std::optional<int64_t> fallback = std::nullopt) const {
    const auto value = integer(keyword);
    if (!value && fallback) return *fallback;
    if (!value) base::data_error("{} lacks the keyword {}", place, keyword);
    if (*value < low || *value > high)
      base::data_error("{}: {} is {}; {} to {} are allowed", place, keyword, *value, low, high);
    return *value;
  }
  std::string text(const std::string& keyword) const {
    const auto found = values.find(keyword);
    if (found == values.end()) return "";
    std::string value = found->second;
    if (value.size() >= 2 && value.front() == '\'' && value.back() == '\'') value = value.substr(1, value.size() - 2);
    value.erase(value.find_last_not_of(' ') + 1);
    return value;
  }
};

// The value of a card without comment and blanks: from column 11 to a slash outside quotes.
std::string value_of(std::string_view card) {
  bool quoted = false;
  size_t end = 10;
  while (end < card.size() && (quoted || card[end] != '/')) quoted = quoted != (card[end++] == '\'');
  std::string_view value = card.substr(10, end - 10);
  while (value.starts_with(' ')) value.remove_prefix(1);
  while (value.ends_with(' ')) value.remove_suffix(1);
  return std::string(value);
}

// Reads cards from `at` on; afterwards `at` is where the data begin. False when END does not come.
bool read_header(std::span<const std::byte> bytes, size_t& at, Header& header) {
  for (size_t card_at = at; card_at + kCard <= bytes.size(); card_at += kCard) {
    const std::string_view card(reinterpret_cast<const char*>(bytes.data()) + card_at, kCard);
    std::string_view keyword = card.substr(0, 8);
    while (keyword.ends_with(' ')) keyword.remove_suffix(1);
    if (keyword == "END") {
      at = (card_at + kCard + kBlock - 1) / kBlock * kBlock;
      return true;
    }
    if (!matters(keyword) || card.substr(8, 1) != "=") continue;
    if (!header.values.emplace(keyword, value_of(card)).second) {
      base::data_error("{}: the keyword {} is there twice", header.place, keyword);
    }
  }
  return false;
}

// Bytes of the data unit, without padding.
uint64_t data_bytes(const Header& header) {
  constexpr int64_t kMost = int64_t{1} << 62;
  const int64_t axes = header.between("NAXIS", 0, 999);
  const int64_t bits = header.between("BITPIX", -64, 64);
  if (bits != 8 && bits != 16 && bits != 32 && bits != 64 && bits != -32 && bits != -64) {
    base::data_error("{}: BITPIX is {}; 8, 16, 32, 64, -32 and -64 are allowed", header.place, bits);
  }
  int64_t elements = axes == 0 ? 0 : 1, bytes = 0;
  bool counted = true;
  for (int64_t axis = 1; axis <= axes; ++axis) {
    const int64_t length = header.between(fmt::format("NAXIS{}", axis), 0, kMost);
    if (axis == 1 && length == 0 && axes > 1 && header.is_primary) continue;  // random groups
    counted = counted && base::checked_multiply(elements, length, elements);
  }
  const int64_t extra = header.between("PCOUNT", 0, kMost, 0), groups = header.between("GCOUNT", 0, kMost, 1);
  counted = counted && base::checked_add(elements, axes == 0 ? 0 : extra, elements) &&
            base::checked_multiply(elements, groups, elements) &&
            base::checked_multiply(elements, std::abs(bits) / 8, bytes);
  if (!counted)
    base::data_error("{}: the header asks for more bytes than can be counted; it is damaged, download it again",
                     header.place);
  return static_cast<uint64_t>(bytes);
}

void check_compression_options(const Header& header) {
  const std::string kind = header.text("ZCMPTYPE");
  if (kind != "RICE_1" && kind != "RICE_ONE" && kind != "GZIP_1" && kind != "GZIP_2") {
    base::data_error("{} is compressed by '{}'; only Rice and gzip are read here, so unpack it with funpack first",
                     header.place, kind);
  }
  header.between("ZDITHER0", 1, 10000, 1);
  for (const auto& [keyword, value] : header.values) {
    if (!keyword.starts_with("ZNAME")) continue;
    const std::string option = header.text(keyword), number = "ZVAL" + keyword.substr(5);
    if (option == "BLOCKSIZE" && header.between(number, 16, 32) % 16 != 0) {
      base::data_error("{}: Rice blocks of {} pixels; 16 and 32 are allowed", header.place, *header.integer(number));
    }
    if (option == "BYTEPIX") {
      const int64_t width = header.between(number, 1, 8);
      if ((width & (width - 1)) != 0)
        base::data_error("{}: {} bytes a pixel; 1, 2, 4 and 8 are allowed", header.place, width);
    }
  }
}

// A tile-compressed image: its own axes and tiles, and as many rows as tiles. Returns its pixels.
void check_compressed_image(const Header& header, const FitsLimits& limits) {
  constexpr int64_t kLongestAxis = (int64_t{1} << 31) - 1;
  const int64_t bits = header.between("ZBITPIX", -64, 64);
  if (bits != 8 && bits != 16 && bits != 32 && bits != -32 && bits != -64) {
    base::data_error("{}: ZBITPIX is {}; 8, 16, 32, -32 and -64 are allowed", header.place, bits);
  }
  const int64_t axes = header.between("ZNAXIS", 1, kMaxCompressedAxes);
  int64_t pixels = 1, tiles = 1;
  bool counted = true;
  for (int64_t axis = 1; axis <= axes; ++axis) {
    const int64_t length = header.between(fmt::format("ZNAXIS{}", axis), 1, kLongestAxis);
    const int64_t tile = header.between(fmt::format("ZTILE{}", axis), 1, length, axis == 1 ? length : 1);
    counted = counted && base::checked_multiply(pixels, length, pixels) &&
              base::checked_multiply(tiles, (length + tile - 1) / tile, tiles);
  }
  if (!counted || static_cast<uint64_t>(pixels) > limits.elements) {
    base::data_error("{} is an image of more than {} pixels, the most that are read", header.place, limits.elements);
  }
  if (header.integer("NAXIS2") != tiles) {
    base::data_error("{}: {} rows for {} tiles of the image", header.place, header.integer("NAXIS2").value_or(0),
                     tiles);
  }
  check_compression_options(header);
}

}  // namespace

std::optional<FitsCut> scan_fits_headers(std::span<const std::byte> bytes, const std::string& name,
                                         const FitsLimits& limits) {
  size_t at = 0;
  for (int hdu = 0; at < bytes.size(); ++hdu) {
    const std::string_view start(reinterpret_cast<const char*>(bytes.data()) + at,
                                 std::min<size_t>(10, bytes.size() - at));
    if (start != (hdu == 0 ? "SIMPLE  = " : "XTENSION= ")) return std::nullopt;
    if (hdu == limits.hdus)
      base::data_error("'{}' has more than {} HDUs, the most that is accepted; split it", name, limits.hdus);
    Header header;
    header.place = fmt::format("'{}' HDU {}", name, hdu);
    header.is_primary = hdu == 0;
    if (!read_header(bytes, at, header))
      base::data_error("{}: its header does not end before the file does, at byte {}; copy or download it again",
                       header.place, bytes.size());
    const auto compressed = header.values.find("ZIMAGE");
    if (compressed != header.values.end() && compressed->second == "T") check_compressed_image(header, limits);
    const uint64_t data = data_bytes(header);
    if (data > 0 && (at > bytes.size() || data > bytes.size() - at)) {
      return FitsCut{hdu, fmt::format("the header asks for {} of data from byte {} on, but the file ends at {}; copy "
                                      "it again",
                                      base::human_bytes(data), at, bytes.size())};
    }
    at += (data + kBlock - 1) / kBlock * kBlock;
  }
  return std::nullopt;
}

}  // namespace asterism::io
