// Idempotency-Key: a client that does not know whether its submission arrived sends it again under the same key, and
// gets the answer to the first one instead of a second task. A key lives as long as its task; one whose submission was
// refused, or broke off, is free again.
// Belongs to the home loop. Not thread-safe.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "api/http/problem.hpp"
#include "api/http/request.hpp"
#include "base/digest.hpp"
#include "task/tracked_task.hpp"

namespace trawl {

class idempotency_keys {
  struct entry {
    bool reading = true;  // The submission that made it has not been answered.
    sha256_octets content{};
    std::weak_ptr<tracked_task> task;
  };
  using entries = std::unordered_map<std::string, entry>;

 public:
  static constexpr std::size_t longest_key = 255;

  /// One submission under its key, or without one.
  class claim {
   public:
    claim() = default;
    claim(claim&& other) noexcept
        : of_(std::exchange(other.of_, nullptr)),
          name_(std::move(other.name_)),
          made_(std::move(other.made_)),
          content_(other.content_) {}
    claim& operator=(claim&&) = delete;
    /// A key whose submission led to nothing is free again.
    ~claim() { release(); }

    /// It came with a key: what it holds must be compared.
    [[nodiscard]] bool keyed() const { return of_ != nullptr; }
    /// The task of the first submission under that key; null: this is the first.
    [[nodiscard]] const std::shared_ptr<tracked_task>& first() const { return made_; }
    /// The first submission said the same.
    [[nodiscard]] bool same(const sha256_octets& content) const { return content == content_; }
    /// This submission was the first, and became that task.
    void settle(const sha256_octets& content, const std::shared_ptr<tracked_task>& became);

   private:
    friend class idempotency_keys;
    claim(idempotency_keys& of, std::string name) : of_(&of), name_(std::move(name)) {}
    void release();
    idempotency_keys* of_ = nullptr;
    std::string name_;
    std::shared_ptr<tracked_task> made_;
    sha256_octets content_{};
  };

  /// The claim of a request, unkeyed when it has no key; 400 for what is no key, 409 while the first submission under
  /// that key is still being read.
  [[nodiscard]] or_problem<claim> open(const request& asked);
  [[nodiscard]] std::size_t size() const { return entries_.size(); }

 private:
  void sweep();

  entries entries_;            // By caller and key.
  std::size_t swept_at_ = 64;  // So many entries, and those whose tasks are gone are looked for.
};

/// What a keyed submission says beside its body: where it went and how its body is to be read.
void add_request(sha256& content, const request& asked);
/// 422: the key was used for something else.
[[nodiscard]] problem key_reused();

}  // namespace trawl
