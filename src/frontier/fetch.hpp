// A fetch: the work on one input URL, over all its attempts and hops. A plain value. While it waits for
// its first turn it is nothing but an index in its task; it becomes one of these when a lane takes it,
// and is moved about, to another host or shard, only when a redirect or a retry makes it wait again.
#pragma once

#include <trawl/options.hpp>
#include <trawl/record.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"

namespace trawl {

struct task_run;

struct hop_taken {
  std::uint16_t status_code;
  http_method method;
  std::string url;  ///< That answered with the redirect.
};

struct fetch {
  task_run* run = nullptr;  ///< Of the shard it is on.
  std::uint32_t index = 0;
  std::uint16_t attempts = 0;  ///< Begun so far.
  http_method method = http_method::get;
  bool from_public = false;     ///< This hop is a redirect that came from a public address.
  bool head_refused = false;    ///< HEAD fell back to GET.
  bool new_attempt = true;      ///< This hop begins one.
  std::string at;               ///< URL of this hop; empty: the one submitted.
  std::vector<hop_taken> hops;  ///< Redirects taken in this attempt.
  timings took;                 ///< Of this attempt so far; `queue` of all.
  nanoseconds spent{0};         ///< Of this attempt's timeout, by its earlier hops.
  time_point waiting_since{};   ///< Set when it was queued.

  /// Ready for input `input` of `of`, keeping its storage.
  void reset(task_run& of, std::uint32_t input, time_point queued);
  /// The next attempt starts at the submitted URL again.
  void restart();
  /// The text of the URL of this hop; valid while the task and this are.
  [[nodiscard]] std::string_view url_text() const;
};

}  // namespace trawl
