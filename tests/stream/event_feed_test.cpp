#include "stream/event_feed.hpp"

#include <doctest/doctest.h>

#include "built_task.hpp"

using namespace trawl;
using namespace std::chrono_literals;

namespace {

feed_query with_records(std::uint32_t from = 0) {
  feed_query asked;
  asked.records = true;
  asked.from = from;
  return asked;
}

// "progress p0, record p1" up to where it waits or ends.
std::string told(event_feed& feed, time_point now) {
  std::string all;
  feed_event event;
  flow state = flow::more;
  while (state == flow::more) {
    state = feed.next(event, now);
    if (state == flow::more || state == flow::end)
      all += std::string(all.empty() ? "" : ", ") + std::string(event.name) + " " + std::to_string(event.cursor);
  }
  return all + (state == flow::end ? "." : state == flow::cut ? "!" : "");
}

const time_point start = clock::now();

}  // namespace

TEST_CASE("event_feed: progress at the start, then only when it changed and a quarter of a second has passed") {
  // [api 4.41]
  built_task of({"http://a/1", "http://a/2", "http://a/3"});
  event_feed feed(of.tracked, feed_query());
  CHECK(told(feed, start) == "progress 0");
  CHECK(told(feed, start + 10s).empty());
  of.finish(0);
  CHECK(told(feed, start + 10s) == "progress 1");
  of.finish(1);
  CHECK(told(feed, start + 10s + 249ms).empty());
  CHECK(told(feed, start + 10s + 250ms) == "progress 2");
  of.finish(2);
  CHECK(told(feed, start + 10s + 251ms) == "end 3.");
}

TEST_CASE("event_feed: records as they come, each with the place after it") {
  built_task of({"http://a/1", "http://a/2"});
  event_feed feed(of.tracked, with_records());
  of.finish(1);
  CHECK(told(feed, start) == "progress 0, record 1");
  of.finish(0, errc::dns_error);
  CHECK(told(feed, start + 1ms) == "record 2, end 2.");
}

TEST_CASE("event_feed: it waits for the first record when nothing was told lately, else for its next turn or the end") {
  built_task of({"http://a/1", "http://a/2"});
  event_feed feed(of.tracked, feed_query());
  CHECK(told(feed, start) == "progress 0");
  CHECK(feed.look(start + 249ms).of == of.tracked.get());
  CHECK_FALSE(feed.look(start + 249ms).records);
  CHECK(feed.look(start + 249ms).until == start + 250ms);
  CHECK(feed.look(start + 250ms).records);
  CHECK(feed.look(start + 250ms).until == time_point::max());
  of.finish(0);
  CHECK(told(feed, start + 249ms).empty());  // Not yet; and what it owes then, it owes a moment later, too.
  CHECK(feed.look(start + 250ms).until == start + 250ms);
}

TEST_CASE("event_feed: with records it waits for the first one, and has a turn for the progress that it owes") {
  built_task of({"http://a/1", "http://a/2"});
  event_feed feed(of.tracked, with_records());
  CHECK(told(feed, start) == "progress 0");
  CHECK(feed.look(start).records);
  CHECK(feed.look(start).until == time_point::max());
  of.finish(0);
  CHECK(told(feed, start + 10ms) == "record 1");
  CHECK_FALSE(feed.look(start + 59ms).records);
  CHECK(feed.look(start + 59ms).until == start + 60ms);
  CHECK(feed.look(start + 60ms).records);
  CHECK(feed.look(start + 60ms).until == start + 250ms);
  CHECK(told(feed, start + 250ms) == "progress 1");
  CHECK(feed.look(start + 250ms).until == time_point::max());
}

TEST_CASE("event_source: it wakes up to say that it is still here") {
  built_task of({"http://a/1"});
  event_source source(of.tracked, feed_query());
  std::string text;
  CHECK(source.next(text) == flow::waiting);
  CHECK(source.look().until <= clock::now() + event_source::heartbeat);
}

TEST_CASE("event_feed: whoever comes back is told what came after") {
  built_task of({"http://a/1", "http://a/2", "http://a/3"});
  for (const std::uint32_t each : {2, 0, 1}) of.finish(each);
  event_feed feed(of.tracked, with_records(2));
  feed_event event;
  CHECK(feed.next(event, start) == flow::more);
  CHECK(event.name == "progress");
  CHECK(feed.next(event, start) == flow::more);
  CHECK(event.cursor == 3);
  CHECK(event.data.starts_with("{\"index\":1,"));
  CHECK(feed.next(event, start) == flow::end);
  CHECK(event.data.starts_with("{\"status\":\"done\","));
}

TEST_CASE("event_feed: a task that was deleted cuts it") {
  built_task of({"http://a/1"});
  event_feed feed(of.tracked, with_records());
  CHECK(told(feed, start) == "progress 0");
  of.tracked->mark_removed();
  CHECK(told(feed, start) == "!");
}

TEST_CASE("event_source: events as text/event-stream") {
  built_task of({"http://a/1"});
  of.finish(0);
  event_source source(of.tracked, with_records());
  std::string text;
  CHECK(source.next(text) == flow::end);
  CHECK(text.starts_with("event: progress\nid: p0\ndata: {\"status\":"));
  CHECK(text.find("}\n\nevent: record\nid: p1\ndata: {\"index\":0,") != std::string::npos);
  CHECK(text.find("}\n\nevent: end\nid: p1\ndata: {\"status\":\"done\"") != std::string::npos);
  CHECK(text.ends_with("}\n\n"));
  text.clear();
  source.append_cut(text, "{}");
  CHECK(text == "event: problem\ndata: {}\n\n");
}

TEST_CASE("event_source: after silence a comment says that it is alive") {
  // [api 4.44]
  built_task of({"http://a/1"});
  event_source quiet(of.tracked, {}), alive(of.tracked, {}, 0ms);
  std::string first, second;
  CHECK(quiet.next(first) == flow::waiting);
  CHECK(alive.next(second) == flow::waiting);
  CHECK(second == first + ": still here\n\n");
  CHECK(alive.look().until <= clock::now());
  CHECK(quiet.look().until > clock::now());
  CHECK(event_source::heartbeat == 15s);
}

TEST_CASE("event_source: many records are told a block at a time") {
  std::vector<std::string> urls(5000, "http://a/");
  built_task of(urls);
  for (std::uint32_t i = 0; i < 5000; ++i) of.finish(i);
  event_source source(of.tracked, with_records());
  std::string block;
  std::size_t blocks = 0;
  flow state = flow::more;
  for (; state == flow::more; ++blocks) {
    block.clear();
    state = source.next(block);
    CHECK(block.size() < 2 * block_source::block_bytes);
  }
  CHECK(state == flow::end);
  CHECK(blocks > 5);
}
