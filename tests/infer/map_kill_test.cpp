// kill -9 at random instants costs at most the tile that was being worked on, and never leaves a wrong dataset.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <map>

#include "base/log.h"
#include "base/random.h"
#include "base/temporary_folder.h"
#include "data/hats_read.h"
#include "infer/columns.h"
#include "infer/map_dataset.h"
#include "tests/infer/tiny_sky.h"

extern char** environ;

namespace asterism::infer {
namespace {

namespace fs = std::filesystem;

constexpr const char* kFolder = "ASTERISM_MAP_KILL_TEST";
constexpr int kMostKills = 200;

// Thrice the flux, slowly; the ids of what was worked on are appended to folder/worked.
NewColumns slowly_tripled(const modalities::Batch& batch, const fs::path& folder) {
  usleep(2000);
  std::string ids;
  for (const auto& key : batch.objects) ids += key.id + "\n";
  const int file = open((folder / "worked").c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
  if (file < 0 || write(file, ids.data(), ids.size()) != ssize_t(ids.size())) _exit(8);
  close(file);
  std::vector<double> value;
  for (const double f : std::get<modalities::ScalarBlock>(batch.blocks.at("flux_g")).value) value.push_back(3 * f);
  return {{scalar_field("thrice", "nanomaggy", "thrice the flux"), number_column(at::tensor(value, at::kDouble), {})}};
}

[[noreturn]] void map_as_child(const fs::path& folder) {
  try {
    MapOptions options;
    options.dataset = folder / "sky";
    options.out = folder / "out";
    options.modalities = {"flux_g"};
    options.batch_size = 5;
    options.identity = "thrice";
    options.resume = fs::exists(folder / "out.partial");
    map_dataset(options, [&](const modalities::Batch& batch) { return slowly_tripled(batch, folder); });
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    _exit(9);
  }
  _exit(0);
}

// A process of its own, which reads nothing before it forks.
TEST(MapKill, InsideItsOwnProcess) {
  const char* name = std::getenv(kFolder);
  if (name == nullptr) GTEST_SKIP() << "started by MapKill.CostsAtMostATile";
  const fs::path folder = name;
  base::set_log_level(base::LogLevel::error);
  base::Random random(77, 0, 0, "map kill");
  int kills = 0;
  for (bool done = false; !done; ++kills) {
    ASSERT_LT(kills, kMostKills) << "the children hardly got to work";
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) map_as_child(folder);
    usleep(useconds_t(random.uniform(5, 60 + 20 * kills) * 1000));  // longer and longer, for slow machines
    ::kill(child, SIGKILL);
    int status = 0;
    waitpid(child, &status, 0);
    done = WIFEXITED(status);  // it was faster
    ASSERT_TRUE(!done || WEXITSTATUS(status) == 0) << WEXITSTATUS(status);
    ASSERT_TRUE(!done || fs::exists(folder / "out"));
    if (!done && fs::exists(folder / "out")) done = true;  // killed after its last step
  }
  std::ofstream(folder / "kills") << kills - 1;
}

TEST(MapKill, CostsAtMostATile) {
  if (std::getenv(kFolder) != nullptr) GTEST_SKIP() << "this is the inner process";
  const base::TemporaryFolder folder;
  write_sky(folder / "sky");
  ASSERT_EQ(setenv(kFolder, folder.path().c_str(), 1), 0);
  std::string program = "/proc/self/exe", filter = "--gtest_filter=MapKill.InsideItsOwnProcess";
  char* arguments[] = {program.data(), filter.data(), nullptr};
  pid_t child = 0;
  ASSERT_EQ(posix_spawn(&child, program.c_str(), nullptr, nullptr, arguments, environ), 0);
  unsetenv(kFolder);
  int status = 0;
  waitpid(child, &status, 0);
  ASSERT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;

  const auto reader = data::HatsReader::open(folder / "out");
  int64_t rows = 0, longest = 0, kills = 0, worked = 0;
  reader.for_each({"flux_g", "thrice"}, 1000, [&](modalities::Batch&& batch, int64_t) {
    const auto& flux = std::get<modalities::ScalarBlock>(batch.blocks.at("flux_g")).value;
    const auto& thrice = std::get<modalities::ScalarBlock>(batch.blocks.at("thrice")).value;
    for (size_t i = 0; i < flux.size(); ++i) EXPECT_EQ(thrice[i], 3 * flux[i]) << batch.objects[i].id;
    rows += batch.size();
    return true;
  });
  EXPECT_EQ(rows, kObjects);
  std::map<int64_t, int64_t> of_tile;
  for (const auto& group : reader.groups()) longest = std::max(longest, of_tile[group.file] += group.rows);
  std::ifstream(folder / "kills") >> kills;
  std::ifstream ids(folder / "worked");
  for (std::string id; std::getline(ids, id);) ++worked;
  EXPECT_GE(kills, 2) << "hardly anything was killed";
  EXPECT_GE(worked, kObjects);
  EXPECT_LE(worked, kObjects + kills * longest) << kills << " kills cost more than a tile each";
}

}  // namespace
}  // namespace asterism::infer
