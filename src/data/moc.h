#pragma once
// Multi-order coverage maps (IVOA MOC 2.0): regions of the sky as ranges of HEALPix pixels.

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace asterism::data {

// Disjoint ranges [first, second) of order-29 NEST indices, ascending.
using MocRanges = std::vector<std::pair<int64_t, int64_t>>;

// Sorted, overlapping and touching ones joined.
MocRanges normalised(MocRanges ranges);

// A FITS file with a column of NUNIQ numbers or of ranges, or JSON {"order": [pixels]}. DataError naming file and row
// for anything that is no pixel, UserError where there is no such file.
MocRanges read_moc(const std::filesystem::path& path);

// A FITS file (NUNIQ) of the pixels of this order that the sorted order-29 indices fall into, joined where four make
// one.
void write_moc(const std::filesystem::path& path, const std::vector<int64_t>& pixels, int order);

// Does [begin, end) share an index with one of the ranges?
bool touches(const MocRanges& ranges, int64_t begin, int64_t end);

}  // namespace asterism::data
