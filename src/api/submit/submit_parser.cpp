#include "api/submit/submit_parser.hpp"

#include <boost/json/basic_parser_impl.hpp>

#include "api/submit/submit_handler.hpp"

namespace trawl {
namespace {

bool is_blank(std::string_view text) { return text.find_first_not_of(" \t\r\n") == std::string_view::npos; }

}  // namespace

class submit_parser::machine {
 public:
  explicit machine(task_builder& into) : parser_(boost::json::parse_options(), into) {}

  bool put(std::string_view piece) { return !failed_ && write(true, piece); }
  bool finish();
  problem& wrong() { return parser_.handler().wrong(); }

 private:
  bool write(bool more, std::string_view piece);
  bool refuse(const std::string& why);

  boost::json::basic_parser<submit_handler> parser_;
  std::uint64_t offset_ = 0;
  bool ended_ = false;   // The document; only blanks may follow.
  bool failed_ = false;  // There is no use in reading on.
};

bool submit_parser::machine::write(bool more, std::string_view piece) {
  if (!ended_) {
    boost::json::error_code ec;
    const std::size_t taken = parser_.write_some(more, piece.data(), piece.size(), ec);
    offset_ += taken;
    piece.remove_prefix(taken);
    failed_ = parser_.handler().stopped();
    if (ec) return !failed_ && refuse(ec.message());
    ended_ = !piece.empty();
  }
  return is_blank(piece) || refuse("something follows the document");
}

bool submit_parser::machine::refuse(const std::string& why) {
  failed_ = true;
  parser_.handler().note_here("this is not JSON at byte " + std::to_string(offset_) + ": " + why);
  return false;
}

bool submit_parser::machine::finish() {
  if (!failed_ && !parser_.done() && !ended_) write(false, {});
  if (!failed_) parser_.handler().check_complete();
  if (!wrong().errors.empty()) wrong() = bad_input(std::move(wrong().errors));
  return !failed_ && wrong().errors.empty();
}

submit_parser::submit_parser(task_builder& into) : machine_(std::make_unique<machine>(into)) {}
submit_parser::~submit_parser() = default;

bool submit_parser::put(std::string_view piece) { return machine_->put(piece); }
bool submit_parser::finish() { return machine_->finish(); }
const problem& submit_parser::wrong() const { return machine_->wrong(); }

}  // namespace trawl
