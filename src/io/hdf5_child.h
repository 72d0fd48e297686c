#pragma once
// The child's side of hdf5.h, the only file that calls libhdf5. Linked into the program `asterism` alone, which runs it
// when it is started as `asterism hdf5-child FILE`.
//
// What goes over the pipes, numbers little-endian. A request: one byte 'L' (list) or 'R' (read: uint32 dataset, int64
// first row, int64 rows). An answer: one byte, 0 or 1, uint64 length, and so many bytes: with 0 the answer, with 1 what
// went wrong, in words. The answer to a list: for each dataset uint32 length and path, one byte kind ('f' float, 'd'
// double, 'i' int64, 'b' one byte, 's' text), one byte number of axes, int64 each. The answer to a read: the values; of
// texts uint32 length and bytes each.

#include <string>

namespace asterism::io {

// Serves requests until its input ends. Returns the exit code.
int serve_hdf5(const std::string& path, int in, int out);

}  // namespace asterism::io
