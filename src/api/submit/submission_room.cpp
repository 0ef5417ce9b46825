#include "api/submit/submission_room.hpp"

namespace trawl {
namespace {

// The engine's load is asked for again when this much more has come: tasks may have grown meanwhile.
constexpr std::uint64_t look_again_bytes = std::uint64_t{1} << 20;
constexpr unsigned backlog_retry_s = 5;

}  // namespace

problem not_now(std::string why) {
  problem told(503, std::move(why));
  told.retry_after_s = backlog_retry_s;
  return told;
}

submission_room::~submission_room() {
  at_.arriving_urls -= urls_;
  at_.arriving_bytes -= bytes_;
}

std::optional<problem> submission_room::count(const task_builder& building) {
  const std::uint64_t bytes = building.bytes();
  if (building.size() > at_.limits.max_urls)
    return problem(413, "these are over " + std::to_string(at_.limits.max_urls) + " URLs; --max-urls is the limit");
  if (bytes > at_.limits.max_memory)
    return problem(413, "this task alone takes too much memory; --max-memory is the limit");
  if (bytes - looked_at_bytes_ > look_again_bytes) {
    looked_at_bytes_ = bytes;
    load_ = at_.crawls.load();
  }
  at_.arriving_urls += building.size() - urls_;
  at_.arriving_bytes += bytes - bytes_;
  urls_ = building.size();
  bytes_ = bytes;
  if (load_.waiting + at_.arriving_urls > at_.limits.max_urls)
    return not_now("with these, over " + std::to_string(at_.limits.max_urls) +
                   " URLs would wait; --max-urls is the limit");
  if (load_.task_bytes + at_.arriving_bytes > at_.limits.max_memory)
    return not_now("tasks take too much memory; --max-memory is the limit");
  return std::nullopt;
}

}  // namespace trawl
