#include "task/registry.hpp"

#include <doctest/doctest.h>

#include <vector>

#include "task/task_builder.hpp"

using namespace trawl;

namespace {

asio::io_context home(1);

std::shared_ptr<tracked_task> entry() {
  return std::make_shared<tracked_task>(task_builder(1).finish(), home.get_executor());
}

std::vector<std::string> listed(const registry& tasks) {
  std::vector<std::string> ids;
  for (registry::place at = registry::newest; const auto each = tasks.next_older(at);) ids.push_back(each->get().id());
  return ids;
}

}  // namespace

TEST_CASE("registry: tasks are found by id and listed newest first") {
  registry tasks;
  const auto a = entry(), b = entry(), c = entry();
  for (const auto& each : {a, b, c}) tasks.add(each);
  CHECK(tasks.find(b->get().id()) == b);
  CHECK(tasks.find("nothing") == nullptr);
  CHECK(listed(tasks) == std::vector<std::string>{c->get().id(), b->get().id(), a->get().id()});
}

TEST_CASE("registry: a removed task is gone, and whoever reads it is told") {
  registry tasks;
  const auto a = entry();
  tasks.add(a);
  CHECK(tasks.remove(a->get().id()) == a);
  CHECK(a->removed());
  CHECK(tasks.remove(a->get().id()) == nullptr);
  CHECK(tasks.size() == 0);
}

TEST_CASE("registry: a listing goes on where it was, whatever is added or removed meanwhile") {
  registry tasks;
  const auto a = entry(), b = entry(), c = entry(), d = entry();
  for (const auto& each : {a, b, c}) tasks.add(each);
  registry::place at = registry::newest;
  CHECK(tasks.next_older(at) == c);
  tasks.add(d);
  tasks.remove(b->get().id());
  CHECK(tasks.next_older(at) == a);
  CHECK(tasks.next_older(at) == nullptr);
}
