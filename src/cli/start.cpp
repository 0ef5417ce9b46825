#include "cli/start.hpp"

#include <cstdio>
#include <cstdlib>
#include <exception>

#include "base/process.hpp"
#include "base/start_error.hpp"
#include "connect/tls_legacy_decoder.hpp"
#include "connect/tls_memory.hpp"

namespace trawl {
namespace {

void complain_of_all(command which, const std::vector<std::string>& problems) {
  for (const std::string& each : problems) complain(which, each);
}

int refuse(command which, const std::vector<std::string>& problems) {
  complain_of_all(which, problems);
  std::fprintf(stderr, "See: trawl %s --help\n", std::string(command_name(which)).c_str());
  return exit_could_not_run;
}

int read_and_run(command which, const std::vector<std::string>& arguments,
                 const std::function<int(const settings&)>& body) {
  const reading read = read_options(which, arguments, [](const char* name) { return std::getenv(name); });
  if (read.help) return std::fputs(read.help->c_str(), stdout) < 0 ? exit_could_not_run : exit_ok;
  if (!read.problems.empty()) return refuse(which, read.problems);
  settle_allocator();
  if (!read.values.no_legacy_decoder) use_legacy_key_decoder();  // Before anything reads a certificate.
  ignore_broken_pipes();
  raise_descriptor_limit();
  set_up_log(read.values.log, read.values.log_as);
  return body(read.values);
}

}  // namespace

void complain(command which, const std::string& problem) {
  std::fprintf(stderr, "trawl %s: %s\n", std::string(command_name(which)).c_str(), problem.c_str());
}

int run_command(command which, const std::vector<std::string>& arguments,
                const std::function<int(const settings&)>& body) {
  give_tls_patient_memory();
  try {
    return read_and_run(which, arguments, body);
  } catch (const start_error& wrong) {
    complain_of_all(which, wrong.problems());
  } catch (const std::exception& wrong) {
    complain(which, wrong.what());
  }
  return exit_could_not_run;
}

}  // namespace trawl
