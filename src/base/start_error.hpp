// Start-up is where exceptions are for: a list of everything that is wrong, told at once.
#pragma once

#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace trawl {

class start_error : public std::runtime_error {
 public:
  explicit start_error(std::string problem) : start_error(std::vector<std::string>{std::move(problem)}) {}
  explicit start_error(std::vector<std::string> problems)
      : std::runtime_error(joined(problems)), problems_(std::move(problems)) {}
  /// One sentence each, naming the option and its value.
  [[nodiscard]] const std::vector<std::string>& problems() const { return problems_; }

 private:
  static std::string joined(const std::vector<std::string>& problems) {
    std::string all;
    for (const std::string& each : problems) all += (all.empty() ? "" : "; ") + each;
    return all;
  }
  std::vector<std::string> problems_;
};

}  // namespace trawl
