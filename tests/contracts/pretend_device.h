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

// What was asked of the pretended device since the last call. A GPU works while the CPU goes on, unless the CPU waits.
struct Traffic {
  int64_t operators = 0;
  int64_t to_device = 0, to_cpu = 0;  // copies; each of the second kind is waited for
  // operators whose answer a program needs before it can go on: numbers, and sizes that depend on them
  int64_t waits = 0;
  int64_t blocking = 0;  // of to_device: those that do not say `non_blocking`
};
Traffic traffic();

// A GPU where there is one, else the pretended device.
at::Device a_device();

}  // namespace asterism::test
