// Tasks for tests: built as the API builds them, with records published by hand.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "task/task_builder.hpp"
#include "task/tracked_task.hpp"

namespace trawl {

class built_task {
 public:
  explicit built_task(const std::vector<std::string>& urls) {
    task_builder builder(1);
    for (const std::string& each : urls) builder.add_url(each);
    task_ = builder.finish();
    tracked = std::make_shared<tracked_task>(task_, loop_.get_executor());
  }
  void finish(std::uint32_t index, errc code = errc::none) {
    record one;
    one.index = index;
    one.timestamp = 1;
    one.code = code;
    one.where = code == errc::none ? phase::none : phase::connect;
    one.attempts = 1;
    task_->publish(0, one);
  }

 private:
  asio::io_context loop_;
  std::shared_ptr<task> task_;

 public:
  std::shared_ptr<tracked_task> tracked;
};

}  // namespace trawl
