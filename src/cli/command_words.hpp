// What there is to say about each command: --help, the manual page and the completions of shells say it in these words.
#pragma once

#include "cli/option_table.hpp"

namespace trawl {

struct command_words {
  const char* about;     ///< One sentence.
  const char* synopsis;  ///< "trawl serve [OPTION...]"
  const char* notes;     ///< Lines of at most 80 columns; further paragraphs after an empty line.
  const char* examples;  ///< Lines of shell, one an example.
};

[[nodiscard]] const command_words& words_of(command which);

}  // namespace trawl
