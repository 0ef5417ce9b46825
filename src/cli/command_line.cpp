#include "cli/command_line.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <memory>
#include <string_view>
#include <utility>

#include "base/text.hpp"
#include "cli/command_words.hpp"

namespace trawl {
namespace {

constexpr std::size_t help_indent = 30;
constexpr std::size_t help_width = 80 - help_indent;

// Notes and examples, below the options.
std::string footer_of(const command_words& words) {
  std::string made = words.notes;
  made += "\n\nExamples:";
  std::string_view rest = words.examples;
  while (!rest.empty()) {
    made += "\n  ";
    made += take_until(rest, '\n');
  }
  return made;
}

// Lines of at most help_width columns; CLI11 indents them, but does not break them.
std::string wrapped(const std::string& text) {
  std::string made;
  std::size_t column = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find(' ', at), text.size());
    const std::size_t length = end - at;
    if (column > 0) made += column + 1 + length > help_width ? '\n' : ' ';
    column = made.empty() || made.back() == '\n' ? length : column + 1 + length;
    made.append(text, at, length);
    at = end + 1;
  }
  return made;
}

// CLI11's help, but with our usage line and one blank line between groups.
class layout : public CLI::Formatter {
 public:
  explicit layout(const char* synopsis) : synopsis_(synopsis) { column_width(help_indent); }
  std::string make_usage(const CLI::App*, std::string) const override {
    return std::string("\nUsage: ") + synopsis_ + "\n";
  }
  std::string make_group(std::string group, bool positional, std::vector<const CLI::Option*> options) const override {
    std::string made = CLI::Formatter::make_group(std::move(group), positional, std::move(options));
    made.pop_back();
    return made;
  }

 private:
  const char* synopsis_;
};

// One CLI11 application and what it knows of the table. Values are taken as texts: their checks are the table's,
// and CLI11's typed options would double what this file takes to compile.
class parser {
 public:
  explicit parser(command which);
  command_line run(std::vector<std::string> arguments);

 private:
  struct entry {
    const option* about;
    CLI::Option* flag;
  };
  void add(const option& about);
  void sort_the_rest(command_line& told) const;

  CLI::App app_;
  std::vector<entry> entries_;
  bool takes_inputs_;
};

parser::parser(command which)
    : app_(words_of(which).about, "trawl " + std::string(command_name(which))), takes_inputs_(which == command::check) {
  app_.footer(footer_of(words_of(which)));
  app_.formatter(std::make_shared<layout>(words_of(which).synopsis));
  app_.allow_extras();  // All unknown ones are told, not the first.
  app_.set_help_flag();
  for (const option& each : option_table()) {
    if (each.applies(which)) add(each);
  }
  app_.set_help_flag("-h,--help", "Print this help and exit")->group("General");
}

void parser::add(const option& about) {
  const std::string names = about.flag() + about.aliases;
  CLI::Option* const made = about.form == option_form::flag ? app_.add_flag(names) : app_.add_option(names);
  if (about.form != option_form::flag) {
    made->type_size(1)->expected(1, CLI::detail::expected_max_vector_size)->allow_extra_args(false);
    made->option_text(about.value);
  }
  made->description(wrapped(about.help))->group(about.group);
  entries_.push_back({&about, made});
}

command_line parser::run(std::vector<std::string> arguments) {
  std::reverse(arguments.begin(), arguments.end());  // CLI11 takes them from the back.
  command_line told;
  try {
    app_.parse(std::move(arguments));
  } catch (const CLI::CallForHelp&) {
    told.help = app_.help();
    return told;
  } catch (const CLI::ArgumentMismatch& wrong) {  // "--threads: 1 required ..."
    const std::string what = wrong.what();
    told.problems.push_back(what.substr(0, what.find(':')) + ": its value is missing");
    return told;
  } catch (const CLI::ParseError& wrong) {
    told.problems.push_back(wrong.what());
    return told;
  }
  for (const entry& each : entries_) {
    if (each.flag->count() > 0) told.options.push_back({each.about, each.about->flag(), each.flag->results()});
  }
  sort_the_rest(told);
  return told;
}

// What is no option of ours is an input, or wrong. After "--" nothing is an option.
void parser::sort_the_rest(command_line& told) const {
  bool options_ended = false, unknown = false;
  for (const std::string& each : app_.remaining()) {
    if (!options_ended && each == "--") {
      options_ended = true;
    } else if (!options_ended && each.starts_with('-') && each != "-") {
      told.problems.push_back(each + ": no such option");
      unknown = true;
    } else if (takes_inputs_) {
      told.inputs.push_back(each);
    } else if (!unknown) {  // Else it may have been the value of that one.
      told.problems.push_back(each + ": unexpected argument");
    }
  }
}

// "--name=" would take the next argument for its value.
std::vector<std::string> split_empty_values(const std::vector<std::string>& arguments) {
  std::vector<std::string> split;
  for (const std::string& each : arguments) {
    const bool empty_value = each.starts_with("--") && each.find('=') == each.size() - 1;
    split.push_back(empty_value ? each.substr(0, each.size() - 1) : each);
    if (empty_value) split.emplace_back();
  }
  return split;
}

}  // namespace

command_line parse_command_line(command which, const std::vector<std::string>& arguments) {
  parser fresh(which);
  return fresh.run(split_empty_values(arguments));
}

}  // namespace trawl
