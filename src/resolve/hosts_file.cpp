#include "resolve/hosts_file.hpp"

#include <algorithm>
#include <utility>

#include "base/text.hpp"
#include "base/whole_file.hpp"
#include "resolve/dns_name.hpp"

namespace trawl {
namespace {

constexpr std::string_view blanks = " \t\r\v\f";

bool same_file(const struct ::stat& a, const struct ::stat& b) {
  return a.st_mtim.tv_sec == b.st_mtim.tv_sec && a.st_mtim.tv_nsec == b.st_mtim.tv_nsec && a.st_size == b.st_size &&
         a.st_ino == b.st_ino && a.st_dev == b.st_dev;
}

}  // namespace

const resolve_outcome* hosts_file::find(std::string_view name, time_point now) {
  if (now >= next_look_) look_again(now);
  if (names_.empty()) return nullptr;
  const auto at = names_.find(std::string(name));
  return at == names_.end() ? nullptr : &at->second;
}

void hosts_file::look_again(time_point now) {
  next_look_ = now + seconds(1);
  struct ::stat found {};
  if (::stat(path_.c_str(), &found) != 0) found = {};
  if (same_file(found, seen_)) return;
  const file_text file = read_whole_file(path_);
  if (!file.wrong.empty() && found.st_ino != 0) return;
  seen_ = found;
  names_.clear();
  for (std::string_view rest = file.text; !rest.empty();) read_line(take_until(rest, '\n'));
}

void hosts_file::read_line(std::string_view line) {
  std::string_view rest = line.substr(0, line.find('#'));
  boost::system::error_code ec;
  const auto address = asio::ip::make_address(std::string(take_word(rest, blanks)), ec);
  if (ec) return;
  for (std::string_view name = take_word(rest, blanks); !name.empty(); name = take_word(rest, blanks))
    add(name, address);
}

void hosts_file::add(std::string_view name, const asio::ip::address& address) {
  auto& addresses = names_.try_emplace(canonical_name(name), address_answer{}).first->second->addresses;
  if (std::find(addresses.begin(), addresses.end(), address) == addresses.end()) addresses.push_back(address);
}

}  // namespace trawl
