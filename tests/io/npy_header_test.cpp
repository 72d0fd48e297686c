#include "io/npy_header.h"

#include <gtest/gtest.h>

#include "tests/io/files.h"

namespace asterism::io {
namespace {

std::vector<std::byte> with_header(const std::string& header, int version = 1) {
  std::string text = "\x93NUMPY";
  text += char(version);
  text += '\0';
  text += char(header.size() & 255);
  text += char(header.size() >> 8);
  if (version > 1) text += std::string(2, '\0');
  return bytes_of(text + header);
}

TEST(NpyHeader, TheFormsThatNumpyWrites) {
  const auto plain =
      parse_npy_header(with_header("{'descr': '<f4', 'fortran_order': False, 'shape': (3, 2), }\n"), "x");
  EXPECT_EQ(plain.shape, (std::vector<int64_t>{3, 2}));
  EXPECT_EQ(plain.item_bytes, 4);
  EXPECT_FALSE(plain.column_major);
  const auto number = parse_npy_header(with_header("{'descr': '>i8', 'fortran_order': True, 'shape': ()}", 2), "x");
  EXPECT_TRUE(number.shape.empty());
  EXPECT_TRUE(number.column_major);
  EXPECT_TRUE(number.fields[0].big_endian);
  const auto rows = parse_npy_header(
      with_header("{'descr': [('a', '<U3'), ('b', '<f8', (2, 3))], 'fortran_order': False, 'shape': (1,)}"), "x");
  EXPECT_EQ(rows.item_bytes, 12 + 48);
  EXPECT_EQ(rows.fields[1].offset, 12);
  EXPECT_EQ(rows.fields[1].per_item, 6);
}

TEST(NpyHeader, AnythingElseIsRefused) {
  const std::string end = ", 'fortran_order': False, 'shape': (3,)}";
  for (const std::string& header :
       {std::string(), std::string("{}"), "{'descr': '|O'" + end, "{'descr': '<c8'" + end, "{'descr': '<f16'" + end,
        "{'descr': '<U0'" + end, "{'descr': '<U99999999999999999999'" + end, "{'descr': __import__('os')" + end,
        "{'descr': [('a', [('b', '<f4')])]" + end, "{'descr': []" + end, "{'descr': '<f4'" + end + "x",
        std::string("{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}"),
        std::string("{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,)}"),
        std::string("{'descr': '<f4', 'fortran_order': 0, 'shape': (1,)}"),
        std::string("{'descr': '<f4', 'shape': (1,)}"), "{'descr': '<f4', 'x': 1" + end})
    EXPECT_THROW(parse_npy_header(with_header(header), "x"), base::DataError) << header;
  EXPECT_THROW(parse_npy_header(with_header("{'descr': '<f4'" + end, 4), "x"), base::DataError);
  EXPECT_THROW(parse_npy_header(bytes_of("\x93NUMPY\x01"), "x"), base::DataError);
}

TEST(NpyHeader, ValuesMustBeThere) {
  auto bytes = with_header("{'descr': '<f4', 'fortran_order': False, 'shape': (0, 288230376151711744)}");
  EXPECT_EQ(parse_npy(bytes, "x").num_items(), 0);
  bytes = with_header("{'descr': '<f4', 'fortran_order': False, 'shape': (288230376151711744, 2)}");
  EXPECT_THROW(parse_npy(bytes, "x"), base::DataError);
  bytes = with_header("{'descr': '<f4', 'fortran_order': False, 'shape': (1,)}");
  EXPECT_THROW(parse_npy(bytes, "x"), base::DataError);
}

}  // namespace
}  // namespace asterism::io
