#include "base/signals.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

namespace asterism::base {
namespace {

TEST(Signals, TheFlag) {
  EXPECT_FALSE(stop_requested());
  request_stop();
  EXPECT_TRUE(stop_requested());
  clear_stop_request();
  EXPECT_FALSE(stop_requested());
}

// Runs `body` in a child and returns its wait status.
template <class Body>
int in_child(Body body) {
  const pid_t child = fork();
  if (child == 0) _exit(body());
  int status = 0;
  waitpid(child, &status, 0);
  return status;
}

TEST(Signals, SigtermAndTheFirstSigintSetIt) {
  for (const int signal : {SIGTERM, SIGINT}) {
    const int status = in_child([&] {
      install_stop_signals();
      raise(signal);
      return stop_requested() ? 7 : 1;
    });
    ASSERT_TRUE(WIFEXITED(status));
    EXPECT_EQ(WEXITSTATUS(status), 7);
  }
}

TEST(Signals, ASecondSigintEndsTheProcessAndASecondSigtermDoesNot) {
  const int interrupted = in_child([] {
    install_stop_signals();
    raise(SIGINT);
    raise(SIGINT);
    return 1;
  });
  ASSERT_TRUE(WIFSIGNALED(interrupted));
  EXPECT_EQ(WTERMSIG(interrupted), SIGINT);
  const int terminated = in_child([] {
    install_stop_signals();
    raise(SIGTERM);
    raise(SIGTERM);
    return 7;
  });
  EXPECT_TRUE(WIFEXITED(terminated));
}

}  // namespace
}  // namespace asterism::base
