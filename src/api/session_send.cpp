// The half of a session that speaks.
#include <boost/asio/post.hpp>

#include "api/http/accept.hpp"
#include "api/session.hpp"

namespace trawl {
namespace {

// Blocks smaller than this are not worth a write of their own while more can be had at once.
constexpr std::size_t worth_sending = 16384;
// A smaller body fits one packet anyway.
constexpr std::size_t worth_coding = 1400;

}  // namespace

// co_await stands in a statement of its own here and below: as an operand of && GCC 12.2 made it a loop
// without end.
awaitable<void> session::flush() {
  if (gone_ || output_.empty()) co_return;
  const bool written = co_await connection_.write_all(output_, shared_->limits.write_stall);
  if (!written) gone_ = true;
  output_.clear();
}

awaitable<void> session::send(const request& asked, answer& told) {
  if (told.upgrade) co_return co_await upgrade(asked, told);
  choose_coding(asked, told);
  if (told.stream)
    co_await send_stream(asked, told);
  else
    co_await send_whole(asked, told);
  gzip_.reset();
}

// From here on nothing is HTTP. What came with the head is not ours to guess about: a client waits for the answer
// before it sends a frame (RFC 6455 4.1).
awaitable<void> session::upgrade(const request& asked, answer& told) {
  keep_ = false;
  if (!input_.empty()) {
    answer early(problem(400, "something follows the request for an upgrade"));
    co_return co_await send_whole(asked, early);
  }
  upgraded_ = true;
  co_await serve_websocket(connection_.socket(), connection_.tls(), asked, *this, std::move(told.upgrade));
  gone_ = true;
}

void session::choose_coding(const request& asked, answer& told) {
  const bool reads = asked.method == "GET" || asked.method == "HEAD";
  if (!told.codable || !reads || (told.status != 200 && told.status != 304)) return;
  told.fields.emplace_back("Vary", "Accept-Encoding");
  const bool large = told.stream || told.body.size() >= worth_coding;
  if (large && prefers_gzip(asked.field("accept-encoding"))) gzip_ = std::make_unique<gzip_writer>();
}

awaitable<void> session::send_whole(const request& asked, answer& told) {
  if (gzip_ && told.body.size() >= worth_coding) {
    told.body = gzip_->put(told.body, gzip_writer::then::end);
    told.fields.emplace_back("Content-Encoding", "gzip");
  }
  answer_framing framing;
  framing.length = told.body.size();
  framing.keep_alive = keep_;
  append_head(output_, asked, told, framing);
  if (asked.method != "HEAD") output_ += told.body;
  co_await flush();
}

// What fits a block goes out with its length, like any other answer.
awaitable<void> session::send_stream(const request& asked, answer& told) {
  block_.clear();
  const flow state = co_await fill(*told.stream);
  if (state == flow::end) {
    told.body = std::exchange(block_, {});
    co_return co_await send_whole(asked, told);
  }
  if (state == flow::cut && block_.empty()) {  // Deleted before a word was said.
    told = answer(cut_reason(asked));
    gzip_.reset();
    co_return co_await send_whole(asked, told);
  }
  if (asked.version == 10) keep_ = false;
  if (gzip_) told.fields.emplace_back("Content-Encoding", "gzip");
  answer_framing framing;
  framing.keep_alive = keep_;
  append_head(output_, asked, told, framing);
  if (asked.method == "HEAD")
    co_await flush();
  else
    co_await send_blocks(asked, *told.stream, state);
  std::string().swap(block_);
}

awaitable<void> session::send_blocks(const request& asked, block_source& source, flow state) {
  while (true) {
    if (state != flow::end && shared_->cutting) state = flow::cut;
    if (state == flow::cut) append_cut(asked, source);
    if (gzip_) code_block(state);
    if (asked.version == 11)
      append_chunk(output_, block_);
    else
      output_ += block_;
    block_.clear();
    if (state == flow::end && asked.version == 11) output_ += last_chunk;
    const bool silent = output_.empty();
    co_await flush();
    if (gone_ || state == flow::end || state == flow::cut) break;
    // What came while it was sent is told before any wait: nobody rings for it any more.
    if (state == flow::waiting && silent) co_await rest(source.look());
    state = co_await fill(source);
  }
}

// One that is cut is flushed, but not ended.
void session::code_block(flow state) {
  auto what = gzip_writer::then::flush;
  if (state == flow::more) what = gzip_writer::then::more;
  if (state == flow::end) what = gzip_writer::then::end;
  if (what != gzip_writer::then::flush || !block_.empty()) block_ = gzip_->put(block_, what);
}

// The next block worth sending, or as much as there is.
awaitable<flow> session::fill(block_source& source) {
  while (true) {
    const flow state = source.next(block_);
    if (state == flow::waiting) gone_ = gone_ || connection_.peer_closed();
    if (state != flow::more || block_.size() >= worth_sending || shared_->cutting) co_return state;
    co_await asio::post(shared_->loop, use_awaitable);  // Much was passed over: others first.
  }
}

problem session::cut_reason(const request& asked) const {
  if (shared_->cutting) return {503, "the service is shutting down"};
  return {404, "the task '" + asked.task_id + "' was deleted"};
}

// A reader must see that this is not the end: no last chunk, and the reason where the format has a place.
void session::append_cut(const request& asked, const block_source& source) {
  keep_ = false;
  source.append_cut(block_, to_json(cut_reason(asked)));
}

}  // namespace trawl
