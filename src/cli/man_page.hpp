// The manual page of trawl, section 1, as man(7) source. Made from the option table and the words of --help.
#pragma once

#include <string>

namespace trawl {

[[nodiscard]] std::string man_page();

}  // namespace trawl
