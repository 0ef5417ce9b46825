// Limits of control groups, from trees of files as the kernel shows them.
#include "base/machine.hpp"

#include <doctest/doctest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

#include "base/cgroup.hpp"

using namespace trawl;

namespace {

constexpr std::uint64_t mb = 1 << 20;

// A file system of its own, gone with the test.
class fake_root {
 public:
  explicit fake_root(const std::string& groups) {
    REQUIRE(::mkdtemp(path_.data()) != nullptr);
    put("/proc/self/cgroup", groups);
  }
  fake_root(const fake_root&) = delete;
  fake_root& operator=(const fake_root&) = delete;
  ~fake_root() { std::filesystem::remove_all(path_); }
  void put(const std::string& file, const std::string& text) const {
    const std::filesystem::path at = path_ + file;
    std::filesystem::create_directories(at.parent_path());
    std::ofstream(at) << text << '\n';
  }
  void set(const std::string& file, const std::string& text) const { put("/sys/fs/cgroup" + file, text); }
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::uint64_t memory() const { return read_cgroup_limits(path_).memory.value_or(0); }
  [[nodiscard]] std::size_t cores() const { return read_cgroup_limits(path_).cores.value_or(0); }

 private:
  std::string path_ = "/tmp/trawl-test-XXXXXX";
};

}  // namespace

TEST_CASE("cgroup: version 2 has the limit of its group, and of those above it the least") {
  // [api 5.24]
  const fake_root tree("0::/a.slice/b.service");
  CHECK(tree.memory() == 0);
  tree.set("/a.slice/b.service/memory.max", "max");
  CHECK(tree.memory() == 0);
  tree.set("/a.slice/memory.max", std::to_string(300 * mb));
  CHECK(tree.memory() == 300 * mb);
  tree.set("/a.slice/b.service/memory.max", std::to_string(400 * mb));
  CHECK(tree.memory() == 300 * mb);
  tree.set("/a.slice/b.service/memory.max", std::to_string(200 * mb));
  CHECK(tree.memory() == 200 * mb);
  tree.set("/memory.max", std::to_string(100 * mb));  // Of a container that is a group of its own.
  CHECK(tree.memory() == 100 * mb);
  tree.set("/other.slice/memory.max", std::to_string(mb));
  CHECK(tree.memory() == 100 * mb);
}

TEST_CASE("cgroup: a part of a core is one, and periods of all lengths count") {
  const fake_root tree("0::/");
  CHECK(tree.cores() == 0);
  for (const auto& [text, cores] :
       std::initializer_list<std::pair<const char*, std::size_t>>{{"max 100000", 0},
                                                                  {"50000 100000", 1},
                                                                  {"100000 100000", 1},
                                                                  {"100001 100000", 2},
                                                                  {"300000 100000", 3},
                                                                  {"1000 500", 2},
                                                                  {"18446744073709551615 1000000", 18446744073710},
                                                                  {"100000 0", 0},
                                                                  {"100000", 0},
                                                                  {"", 0}}) {
    tree.set("/cpu.max", text);
    CHECK(tree.cores() == cores);
  }
}

TEST_CASE("cgroup: version 1 has a tree for each controller") {
  // [api 5.24]
  const fake_root tree("9:name=systemd:/\n4:memory:/docker/ab\n2:cpu,cpuacct:/docker/ab\n1:cpuset:/\n0::/");
  CHECK(tree.memory() == 0);
  tree.set("/memory/docker/ab/memory.limit_in_bytes", std::to_string(200 * mb));
  tree.set("/memory/docker/memory.limit_in_bytes", "9223372036854771712");  // As the kernel writes "none".
  CHECK(tree.memory() == 200 * mb);
  tree.set("/cpu/docker/ab/cpu.cfs_quota_us", "-1");
  tree.set("/cpu/docker/ab/cpu.cfs_period_us", "100000");
  CHECK(tree.cores() == 0);
  tree.set("/cpu/docker/ab/cpu.cfs_quota_us", "250000");
  CHECK(tree.cores() == 3);
}

TEST_CASE("cgroup: in a container of version 1 the path is the host's, and the mount is its own group") {
  const fake_root tree("4:memory:/docker/ab\n2:cpu:/docker/ab");
  tree.set("/memory/memory.limit_in_bytes", std::to_string(200 * mb));
  tree.set("/cpu/cpu.cfs_quota_us", "200000");
  tree.set("/cpu/cpu.cfs_period_us", "100000");
  CHECK(tree.memory() == 200 * mb);
  CHECK(tree.cores() == 2);
}

TEST_CASE("cgroup: where there is none, or nonsense, there is no limit") {
  for (const char* groups : {"", "nonsense", "::", "0::", "4:memory", "0::relative", "0::/../outside"}) {
    CAPTURE(groups);
    const fake_root tree(groups);
    CHECK(tree.memory() == 0);
    tree.set("/memory.max", "nonsense");
    CHECK(tree.memory() == 0);
  }
  CHECK(read_cgroup_limits("/nonexistent").memory == std::nullopt);
}

TEST_CASE("machine: a limit above what the machine has is none") {
  // [api 5.24]
  const std::uint64_t physical = usable_memory("/nonexistent");
  const std::size_t cores = usable_cores("/nonexistent");
  CHECK(physical > mb);
  CHECK(cores >= 1);
  const fake_root tree("0::/");
  tree.set("/memory.max", std::to_string(physical + 1));
  tree.set("/cpu.max", std::to_string((cores + 1) * 100000) + " 100000");
  CHECK(usable_memory(tree.path()) == physical);
  CHECK(usable_cores(tree.path()) == cores);
  tree.set("/memory.max", std::to_string(physical - 1));
  tree.set("/cpu.max", "1000 100000");
  CHECK(usable_memory(tree.path()) == physical - 1);
  CHECK(usable_cores(tree.path()) == 1);
}

TEST_CASE("machine: this one is no smaller than a program needs, and no larger than the kernel says") {
  CHECK(usable_memory() <= usable_memory("/nonexistent"));
  CHECK(usable_memory() > mb);
  CHECK(usable_cores() >= 1);
}
