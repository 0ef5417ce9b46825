// The records of one task in order of completion, from a cursor on: a page of JSON, NDJSON or CSV. The
// cursor is a position in the completion log, so reading on from it gives no record twice and misses none.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "stream/block_source.hpp"
#include "task/tracked_task.hpp"

namespace trawl {

/// Which records are told; all that are set must hold.
struct record_filter {
  std::optional<bool> ok;          ///< status=ok, status=failed
  std::optional<errc> code;        ///< code=
  std::optional<std::string> url;  ///< url=, as submitted
  std::string part;                ///< search=, of the URL; empty: any
};

enum class results_format : std::uint8_t { page, ndjson, csv };

struct results_query {
  results_format format = results_format::page;
  std::uint32_t from = 0;          ///< Cursor.
  std::uint32_t limit = no_index;  ///< Records at most.
  bool follow = false;             ///< Stay until the task has ended.
  record_filter filter;
};

/// A page is {"results": […], "next": cursor}, next null when the task has ended and all was read.
class results_source final : public block_source {
 public:
  results_source(std::shared_ptr<tracked_task> shown, results_query asked);
  flow next(std::string& out) override;
  [[nodiscard]] next_look look() const override;
  void append_cut(std::string& out, std::string_view problem) const override;

 private:
  bool wanted(const log_entry& entry) const;
  void append_entry(std::string& out, const log_entry& entry);
  void open(std::string& out);
  flow close(std::string& out);

  std::shared_ptr<tracked_task> shown_;
  results_query asked_;
  std::uint32_t snapshot_;
  time_point told_at_{};  // With follow: when something new was last there.
  bool opened_ = false;
  std::uint32_t written_ = 0;
  record record_;
};

/// Cursors are opaque outside: text for a position, and back; nullopt for what is no cursor.
[[nodiscard]] std::string cursor_text(std::uint64_t position);
[[nodiscard]] std::optional<std::uint64_t> parse_cursor(std::string_view text);

}  // namespace trawl
