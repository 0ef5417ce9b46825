#include "base/deadline_queue.hpp"

#include <cassert>

namespace trawl {

deadline::~deadline() {
  if (queue_ != nullptr) deadline_queue::remove(*this);
}

deadline_queue::~deadline_queue() {
  for (deadline* entry : heap_) {
    entry->place_ = deadline::nowhere;
    entry->queue_ = nullptr;
  }
}

void deadline_queue::arm(deadline& entry, time_point when) {
  assert(entry.queue_ == nullptr || entry.queue_ == this);
  entry.when_ = when;
  if (entry.place_ != deadline::nowhere) {
    if (entry.queued_ <= when) return;  // Lazy: looked at again when the old place comes up.
    entry.queued_ = when;
    sift_up(entry.place_);
    if (entry.place_ == 0 && earlier_) earlier_();
    return;
  }
  if (when != time_point::max()) push(entry, when);
}

void deadline_queue::remove(deadline& entry) {
  entry.when_ = time_point::max();
  if (entry.queue_ != nullptr) entry.queue_->erase(entry);
}

void deadline_queue::run(time_point now) {
  while (!heap_.empty() && heap_.front()->queued_ <= now) {
    deadline& entry = *heap_.front();
    const time_point when = entry.when_;
    erase(entry);
    if (when == time_point::max()) continue;
    if (when > now) {
      push(entry, when);
      continue;
    }
    entry.when_ = time_point::max();
    entry.expired(now);
  }
}

void deadline_queue::push(deadline& entry, time_point when) {
  entry.queue_ = this;
  entry.queued_ = when;
  heap_.push_back(&entry);
  entry.place_ = heap_.size() - 1;
  sift_up(entry.place_);
  if (entry.place_ == 0 && earlier_) earlier_();
}

void deadline_queue::erase(deadline& entry) {
  const std::size_t place = entry.place_;
  deadline* const last = heap_.back();
  heap_.pop_back();
  entry.place_ = deadline::nowhere;
  entry.queue_ = nullptr;
  if (last == &entry) return;
  put(place, last);
  sift_up(place);
  sift_down(last->place_);
}

void deadline_queue::sift_up(std::size_t place) {
  deadline* const entry = heap_[place];
  while (place > 0) {
    const std::size_t parent = (place - 1) / 4;
    if (heap_[parent]->queued_ <= entry->queued_) break;
    put(place, heap_[parent]);
    place = parent;
  }
  put(place, entry);
}

void deadline_queue::sift_down(std::size_t place) {
  deadline* const entry = heap_[place];
  for (;;) {
    std::size_t least = place * 4 + 1;
    if (least >= heap_.size()) break;
    const std::size_t end = least + 4 < heap_.size() ? least + 4 : heap_.size();
    for (std::size_t child = least + 1; child < end; ++child)
      if (heap_[child]->queued_ < heap_[least]->queued_) least = child;
    if (heap_[least]->queued_ >= entry->queued_) break;
    put(place, heap_[least]);
    place = least;
  }
  put(place, entry);
}

void deadline_queue::put(std::size_t place, deadline* entry) {
  heap_[place] = entry;
  entry->place_ = place;
}

}  // namespace trawl
