#pragma once
// A child process with pipes and limits: for libraries that must not be trusted with this process. It gets no open
// file but its pipes, little memory and CPU time, may write no file, and dies with its parent.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace asterism::io {

struct ChildLimits {
  uint64_t memory_bytes = uint64_t{4} << 30;  // address space
  int64_t cpu_seconds = 600;
  double answer_seconds = 120;  // wait for each answer
};

class ChildProcess {
 public:
  // Runs a program. UserError when it cannot be started. `about` names the file it reads, for messages.
  ChildProcess(const std::string& program, const std::vector<std::string>& arguments, std::string about,
               const ChildLimits& limits = {});
  ~ChildProcess();  // kills it
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  // DataError naming `about` when the child is gone or does not answer in time, with what became of it.
  void write(std::span<const std::byte> bytes);
  void read(std::span<std::byte> bytes);  // exactly so many

 private:
  [[noreturn]] void fail(const std::string& what);
  void wait_for(int file, short events);

  std::string about_;
  ChildLimits limits_;
  int pid_ = -1, to_ = -1, from_ = -1;
};

}  // namespace asterism::io
