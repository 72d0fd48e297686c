#pragma once
// A device that is none: a kind that ATen knows by name (HPU), with memory of this process. It holds to the rules of a
// GPU where a CPU would let them slide, so that code for GPUs can be tested where there is none: an operator that mixes
// its tensors with the CPU's throws, and its memory cannot be read or written but by operators: a pointer into it that
// is followed ends the program with a line that says so. It computes what the CPU computes, slowly. Models are put on
// it by the contracts.

#include <ATen/ATen.h>

namespace asterism::test {

at::Device pretend_device();

// A GPU where there is one, else the pretended device.
at::Device a_device();

}  // namespace asterism::test
