// kill -9 at random instants never costs a verified checkpoint, and training then ends with the bits of a run left
// alone.

#include <ATen/Parallel.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>

#include "base/log.h"
#include "base/temporary_folder.h"
#include "tests/train/linear_task.h"
#include "train/checkpoint.h"
#include "train/loop.h"

extern char** environ;

namespace asterism::train {
namespace {

namespace fs = std::filesystem;

constexpr const char* kVariable = "ASTERISM_KILL_TEST";
constexpr int kKills = 50;
constexpr int64_t kSteps = 20000;

TrainSettings settings_for(int64_t steps) {
  TrainSettings settings;
  settings.steps = steps;
  settings.checkpoint_every = 3;
  settings.log_every = 7;
  settings.keep = 2;
  settings.weight_average = 0.9;
  settings.optimiser.schedule = "constant";
  settings.optimiser.warmup = 0;
  return settings;
}

[[noreturn]] void train_as_child(const fs::path& folder) {
  try {
    LineObjective objective;
    auto source = line_source(32, 4);
    train(objective, source, nullptr, settings_for(kSteps), {.folder = folder, .resume = true, .save_model = false});
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    _exit(9);
  }
  _exit(0);
}

// Runs in a process of its own that never computed a gradient itself: a child of fork() cannot use autograd after its
// parent did.
TEST(Kill, InsideItsOwnProcess) {
  const char* name = std::getenv(kVariable);
  if (name == nullptr) GTEST_SKIP() << "started by Kill.NeverCostsACheckpoint";
  const fs::path folder = name;
  at::set_num_threads(1);
  base::set_log_level(base::LogLevel::error);
  const Checkpoints checkpoints(folder / "checkpoints", 2);
  base::Random random(20240131, 0, 0, "kill");
  int64_t last_step = 0;
  for (int kill_count = 0; kill_count < kKills; ++kill_count) {
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) train_as_child(folder);
    usleep(useconds_t(random.uniform(1, 120 + 10 * kill_count) *
                      1000));  // longer and longer: slow machines too get to work
    ::kill(child, SIGKILL);
    int status = 0;
    waitpid(child, &status, 0);
    ASSERT_TRUE(WIFSIGNALED(status)) << "the child ended by itself with " << WEXITSTATUS(status);
    const auto latest = checkpoints.latest();  // throws when the newest ones are damaged
    const int64_t step = latest ? Checkpoints::verify(*latest).step : 0;
    EXPECT_GE(step, last_step) << "kill " << kill_count;
    for (const auto& path : checkpoints.list()) EXPECT_NO_THROW(Checkpoints::verify(path)) << path;
    last_step = step;
  }
  ASSERT_GT(last_step, 30) << "the children hardly got to work";
  // What the killed runs reached is bit for bit what one run reaches.
  const auto killed = Checkpoints::load(*checkpoints.latest());
  LineObjective whole;
  auto source = line_source(32, 4);
  train(whole, source, nullptr, settings_for(last_step), {.folder = folder / "whole", .save_model = false});
  EXPECT_TRUE(at::equal(whole.slope(), killed.tensors.at("weights").at("slope")));
}

TEST(Kill, NeverCostsACheckpoint) {
  if (std::getenv(kVariable) != nullptr) GTEST_SKIP() << "this is the inner process";
  base::TemporaryFolder folder;
  ASSERT_EQ(setenv(kVariable, (folder / "run").c_str(), 1), 0);
  std::string program = "/proc/self/exe", filter = "--gtest_filter=Kill.InsideItsOwnProcess";
  char* arguments[] = {program.data(), filter.data(), nullptr};
  pid_t child = 0;
  ASSERT_EQ(posix_spawn(&child, program.c_str(), nullptr, nullptr, arguments, environ), 0);
  unsetenv(kVariable);
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
}

}  // namespace
}  // namespace asterism::train
