#include "io/child_process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>

#include "base/error.h"

namespace asterism::io {
namespace {

#if defined(__SANITIZE_ADDRESS__)
constexpr bool kLimitMemory = false;  // AddressSanitizer reserves terabytes of address space
#elif defined(__has_feature)
constexpr bool kLimitMemory = !__has_feature(address_sanitizer);
#else
constexpr bool kLimitMemory = true;
#endif

void limit(int what, uint64_t value) {
  const rlimit both{value, value};
  if (setrlimit(__rlimit_resource(what), &both) != 0) _exit(126);
}

// Between fork and exec only functions that are safe after a signal are called.
[[noreturn]] void become(const char* program, char* const* arguments, char* const* environment, int in, int out,
                         const ChildLimits& limits) {
  if (dup2(in, 0) < 0 || dup2(out, 1) < 0) _exit(126);
  close_range(3, ~0U, 0);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  if (kLimitMemory) limit(RLIMIT_AS, limits.memory_bytes);
  limit(RLIMIT_CPU, uint64_t(limits.cpu_seconds));
  limit(RLIMIT_FSIZE, 0);
  limit(RLIMIT_CORE, 0);
  limit(RLIMIT_NOFILE, 32);
  execve(program, arguments, environment);
  _exit(127);
}

std::string ending(int status) {
  if (WIFEXITED(status)) return fmt::format("it ended with code {}", WEXITSTATUS(status));
  if (WIFSIGNALED(status))
    return fmt::format("it was killed by signal {} ({})", WTERMSIG(status), strsignal(WTERMSIG(status)));
  return "it is gone";
}

}  // namespace

ChildProcess::ChildProcess(const std::string& program, const std::vector<std::string>& arguments, std::string about,
                           const ChildLimits& limits)
    : about_(std::move(about)), limits_(limits) {
  std::vector<char*> argv = {const_cast<char*>(program.c_str())};
  for (const auto& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  std::vector<std::string> variables = {"PATH=/usr/bin:/bin", "HDF5_USE_FILE_LOCKING=FALSE", "LC_ALL=C.UTF-8"};
  if (const char* path = std::getenv("LD_LIBRARY_PATH")) variables.push_back(std::string("LD_LIBRARY_PATH=") + path);
  std::vector<char*> environment;
  environment.reserve(variables.size() + 1);
  for (auto& variable : variables) environment.push_back(variable.data());
  environment.push_back(nullptr);
  int in[2], out[2];
  if (access(program.c_str(), X_OK) != 0)
    base::user_error("cannot start '{}': {}; build or install asterism again", program, std::strerror(errno));
  // A socket, so that a dead child is an error code and not a signal.
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, in) != 0)
    base::user_error("no socket: {}", std::strerror(errno));
  if (pipe2(out, O_CLOEXEC) != 0) {
    close(in[0]), close(in[1]);
    base::user_error("no pipe: {}", std::strerror(errno));
  }
  pid_ = fork();
  if (pid_ == 0) become(program.c_str(), argv.data(), environment.data(), in[0], out[1], limits_);
  close(in[0]);
  close(out[1]);
  to_ = in[1];
  from_ = out[0];
  if (pid_ < 0) {
    close(to_), close(from_);
    base::user_error("cannot start '{}': {}", program, std::strerror(errno));
  }
}

ChildProcess::~ChildProcess() {
  close(to_);
  close(from_);
  if (pid_ > 0) {
    kill(pid_, SIGKILL);
    while (waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
    }
  }
}

void ChildProcess::fail(const std::string& what) {
  std::string why = what;
  int status = 0;
  for (int i = 0; i < 50 && pid_ > 0; ++i) {  // it may be dying just now
    if (waitpid(pid_, &status, WNOHANG) == pid_) {
      pid_ = -1;
      why += ": " + ending(status);
      break;
    }
    usleep(10000);
  }
  base::data_error("{}: the process that reads it {}", about_, why);
}

void ChildProcess::wait_for(int file, short events) {
  using Clock = std::chrono::steady_clock;
  const auto end = Clock::now() + std::chrono::duration<double>(limits_.answer_seconds);
  while (true) {
    const double left = std::chrono::duration<double>(end - Clock::now()).count();
    if (left <= 0) {
      kill(pid_, SIGKILL);
      fail(fmt::format("did not answer within {} s", limits_.answer_seconds));
    }
    pollfd one{file, events, 0};
    const int ready = poll(&one, 1, int(std::min(left, 1.0) * 1000) + 1);
    if (ready > 0) return;
    if (ready < 0 && errno != EINTR) fail("cannot be waited for");
  }
}

void ChildProcess::write(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    wait_for(to_, POLLOUT);
    const ssize_t n = send(to_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) fail("does not listen any more");
    bytes = bytes.subspan(size_t(n));
  }
}

void ChildProcess::read(std::span<std::byte> bytes) {
  while (!bytes.empty()) {
    wait_for(from_, POLLIN);
    const ssize_t n = ::read(from_, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) fail("stopped in the middle of an answer");
    bytes = bytes.subspan(size_t(n));
  }
}

}  // namespace asterism::io
