#pragma once
// A processor's unit for products of matrices (AMX, Sapphire Rapids and later): eight registers that each hold a tile
// of sixteen rows of 64 bytes, and instructions that multiply two and add to a third: 16 times the products of AVX-512
// in float32 a cycle in bfloat16, 32 times in eight-bit integers.

namespace asterism::nn {

// Whether this processor has tiles for bf16 and int8, with AVX-512 around them, and the system lets this process use
// them.
bool has_matrix_tiles();

// While it lives, this thread's eight registers are sixteen rows of 64 bytes each. Where there are none it does
// nothing.
class WholeTiles {
 public:
  WholeTiles();
  ~WholeTiles();
  WholeTiles(const WholeTiles&) = delete;
  WholeTiles& operator=(const WholeTiles&) = delete;
};

}  // namespace asterism::nn
