#pragma once
// A device that is none: a kind that ATen knows by name (HPU), with memory of this process. It holds to the rules of a
// GPU where a CPU would let them slide, so that code for GPUs can be tested where there is none: an operator that mixes
// its tensors with the CPU's throws, and its memory cannot be read or written but by operators: a pointer into it that
// is followed ends the program with a line that says so. It computes what the CPU computes, slowly. Models are put on
// it by the contracts.

#include <ATen/ATen.h>

#include <cstdint>

namespace asterism::test {

at::Device pretend_device();

// What was asked of it. A GPU works while the CPU goes on, unless the CPU waits: for a copy from it, for a number, for
// how many rows there are (nonzero), and for a copy to it that does not say `non_blocking`.
struct DeviceWork {
  int64_t operators = 0;
  int64_t copies_to = 0, blocking_copies_to = 0, copies_from = 0;  // blocking ones are among copies_to
  int64_t numbers_read = 0;  // item() and what asks for one: nonzero, equal, an index of flags
};
DeviceWork device_work();  // since the program began
DeviceWork operator-(const DeviceWork& a, const DeviceWork& b);

}  // namespace asterism::test
