#include "api/submission.hpp"

#include <algorithm>
#include <array>

#include "api/line_parser.hpp"
#include "api/submit_handler.hpp"
#include "api/submit_parser.hpp"
#include "stream/json.hpp"
#include "stream/utf8.hpp"
#include "task/fetch_option_table.hpp"

namespace trawl {
namespace {

// The engine's load is asked for again when this much more of a body came: tasks may have grown meanwhile.
constexpr std::uint64_t look_again_octets = std::uint64_t{1} << 20;
constexpr unsigned backlog_retry_s = 5;

std::string media_type(std::string_view field) {
  std::string type(field.substr(0, std::min(field.find(';'), field.size())));
  std::erase_if(type, [](char c) { return c == ' ' || c == '\t'; });
  std::transform(type.begin(), type.end(), type.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return type;
}

bool is_json(std::string_view type) { return type == "application/json" || type.ends_with("+json"); }

// What reverse proxies add (RFC 7239, RFC 9110 7.6.3, and common use): the sender may then be anyone.
bool came_through_proxy(const request& asked) {
  return std::ranges::any_of(asked.fields, [](const auto& field) {
    return field.first == "forwarded" || field.first == "via" || field.first.starts_with("x-forwarded-");
  });
}

problem not_now(std::string why) {
  problem told(503, std::move(why));
  told.retry_after_s = backlog_retry_s;
  return told;
}

}  // namespace

submission::submission(service& at, const request& asked, const submission_rules& rules)
    : at_(at),
      rules_(rules),
      type_(media_type(asked.field("content-type"))),
      asked_(asked.asked),
      announced_(asked.content_length.value_or(0)),
      coding_(asked.field("content-encoding")),
      keyed_(asked.has("idempotency-key")),
      builder_(at.crawls.shards()),
      load_(at.crawls.load()) {
  builder_.set_through_proxy(came_through_proxy(asked));
  builder_.set_owner(asked.caller);
}

submission::~submission() {
  at_.arriving_urls -= counted_urls_;
  at_.arriving_bytes -= counted_bytes_;
}

std::optional<problem> submission::refused_at_once() const {
  if (at_.draining) return not_now("the service is shutting down");
  if (announced_ > at_.limits.max_body)
    return problem(413, "the body is over " + std::to_string(at_.limits.max_body) + " octets; --max-body is the limit");
  if (!coding_.empty() && coding_ != "identity")
    return problem(415, "Content-Encoding " + coding_ + " is not supported by this version");
  if (keyed_) return problem(400, "Idempotency-Key is not supported by this version");
  if (!rules_.json_by_look && !is_json(type_) && type_ != "text/plain")
    return problem(415, "the Content-Type of a task is application/json or text/plain");
  return std::nullopt;
}

bool submission::refuse(problem why) {
  refused_ = std::move(why);
  return false;
}

bool submission::put(std::string_view piece) {
  octets_ += piece.size();
  if (!within_limits()) return false;
  if (parser_) return parser_->put(piece);
  const bool blank = piece.find_first_not_of(" \t\r\n") == std::string_view::npos;
  blanks_ += piece;
  if (blank) {  // Whole lines of nothing say nothing in either format.
    blanks_.erase(0, blanks_.rfind('\n') + 1);
    return true;
  }
  const std::string begins = std::exchange(blanks_, {});
  return open_parser(begins) && parser_->put(begins);
}

// `begins`: with the first octet that is not blank; empty: there was none.
bool submission::open_parser(std::string_view begins) {
  begins.remove_prefix(std::min(begins.find_first_not_of(" \t\r\n"), begins.size()));
  const bool looks_like_json = rules_.json_by_look && begins.starts_with('{');
  if (is_json(type_) || looks_like_json || (type_.empty() && begins.empty())) {
    if (!asked_.empty())
      return refuse(problem(400, "unknown query key '" + asked_.pairs()[0].first +
                                     "': the options of a JSON submission stand in its body"));
    parser_ = std::make_unique<submit_parser>(builder_);
    return true;
  }
  if (type_ != "text/plain") return refuse(problem(415, "a body is JSON or, as text/plain, one URL a line"));
  parser_ = std::make_unique<line_parser>(builder_);
  return take_query_options();
}

bool submission::take_query_options() {
  if (const auto key = asked_.repeated("headers"))
    return refuse(problem(400, "query key '" + std::string(*key) + "' is given twice"));
  const auto pairs = asked_.pairs();
  return std::all_of(pairs.begin(), pairs.end(), [this](const query::pair& each) { return take_query_option(each); });
}

bool submission::take_query_option(const query::pair& given) {
  const fetch_option* const option = find_fetch_option(given.first);
  if (option == nullptr)
    return refuse(problem(400, is_option_to_come(given.first)
                                   ? "option '" + given.first + "' is not supported by this version"
                                   : "unknown query key '" + given.first + "'"));
  if (option->kind == option_kind::text && !is_utf8(given.second))
    return refuse(problem(400, "query key '" + given.first + "' is not UTF-8"));
  if (const auto wrong = set_option_from_text(builder_.options(), *option, given.second))
    return refuse(problem(400, "query key '" + given.first + "' " + *wrong));
  return true;
}

bool submission::within_limits() {
  if (octets_ > at_.limits.max_body)
    return refuse(
        problem(413, "the body is over " + std::to_string(at_.limits.max_body) + " octets; --max-body is the limit"));
  if (octets_ - looked_at_load_ > look_again_octets) {
    looked_at_load_ = octets_;
    load_ = at_.crawls.load();
  }
  count_as_arriving();
  if (load_.waiting + at_.arriving_urls > at_.limits.max_urls)
    return refuse(not_now("with these, over " + std::to_string(at_.limits.max_urls) +
                          " URLs would wait; --max-urls is the limit"));
  if (load_.task_bytes + at_.arriving_bytes > at_.limits.max_memory)
    return refuse(not_now("tasks take too much memory; --max-memory is the limit"));
  return true;
}

void submission::count_as_arriving() {
  const std::uint64_t bytes = builder_.bytes();
  at_.arriving_urls += builder_.size() - counted_urls_;
  at_.arriving_bytes += bytes - counted_bytes_;
  counted_urls_ = builder_.size();
  counted_bytes_ = bytes;
}

answer submission::finish() {
  if (!refused_ && !parser_) open_parser(blanks_);
  if (refused_) return answer(*refused_);
  if (!parser_->finish()) return answer(parser_->wrong());
  if (!within_limits()) return answer(*refused_);
  if (at_.draining) return answer(not_now("the service is shutting down"));
  return accepted(*at_.crawls.submit(builder_.finish()));
}

answer submission::accepted(const tracked_task& started) const {
  const std::string where = "/tasks/" + started.get().id();
  std::string body = R"({"task_id":)";
  append_json_string(body, started.get().id());
  body += R"(,"url":)";
  append_json_string(body, where);
  body += R"(,"total":)";
  append_number(body, started.get().total());
  body += '}';
  answer told(std::move(body), rules_.status);
  told.fields.emplace_back("Location", where);
  if (rules_.says_when) told.fields.emplace_back("Retry-After", "1");
  return told;
}

}  // namespace trawl
