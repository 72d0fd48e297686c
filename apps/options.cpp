#include "apps/options.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>

#include "base/apart.h"
#include "base/error.h"
#include "base/log.h"

namespace asterism::apps {

namespace {

// An option of many values takes the one word behind it; more come by commas, or with the option given again. As CLI11
// has it, it would take every word up to the next option, and with them what the usage line puts there: MODEL, DATASET.
void take_one_word_each(CLI::App& app) {
  for (CLI::Option* option : app.get_options())
    if (!option->get_positional()) option->allow_extra_args(false);
  for (CLI::App* one : app.get_subcommands([](const CLI::App*) { return true; })) take_one_word_each(*one);
}

// "MODEL DATASET OUT": what stands on the command line besides options; of the subcommand where one was named.
std::string words_taken(const CLI::App& app) {
  const auto subcommands = app.get_subcommands();
  const CLI::App& used = subcommands.empty() ? app : *subcommands.front();
  std::string out;
  for (const CLI::Option* option : used.get_options())
    if (option->get_positional()) out += (out.empty() ? "" : " ") + option->get_name(true);
  return out.empty() ? "options alone" : out;
}

}  // namespace

CommandLine::CommandLine(const std::string& name, const std::string& sentence, const std::string& example)
    : app(sentence, "asterism " + name), name_(name) {
  app.footer("Example:\n  " + example);
  app.add_flag("--json", json, "results and messages as JSON lines");
  app.add_flag("-q,--quiet", quiet, "warnings and errors only");
  app.add_flag("-v,--verbose", verbose, "tell more");
}

namespace {

void print_help(const CLI::App& app) {
  const std::string help = app.help();
  fmt::print("{}{}", help, help.ends_with('\n') ? "" : "\n");
}

}  // namespace

bool CommandLine::parse(const std::vector<std::string>& arguments) {
  // Before anything can be wrong, so that errors are told in the form that was asked for.
  base::set_json_lines(std::find(arguments.begin(), arguments.end(), "--json") != arguments.end());
  if (app.get_subcommands([](const CLI::App*) { return true; }).empty() &&
      std::any_of(arguments.begin(), arguments.end(), [](const auto& a) { return a == "--help" || a == "-h"; })) {
    print_help(app);  // whatever else is missing or wrong
    return false;
  }
  take_one_word_each(app);
  std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());  // as CLI11 wants them
  try {
    app.parse(reversed);
  } catch (const CLI::CallForHelp&) {
    print_help(app);
    return false;
  } catch (const CLI::CallForAllHelp&) {
    fmt::print("{}", app.help("", CLI::AppFormatMode::All));
    return false;
  } catch (const CLI::ExtrasError& error) {
    std::vector<std::string> known;
    for (const CLI::Option* option : app.get_options())
      for (const auto& text : option->get_lnames()) known.push_back("--" + text);
    const auto rest = app.remaining(true);
    const std::string wrong = rest.empty() ? "" : rest.front();
    if (!wrong.starts_with('-'))
      base::user_error("{}: '{}' is a word too many: it takes {}. 'asterism {} --help' tells more.", name_, wrong,
                       words_taken(app), name_);
    base::user_error("{}: '{}' is not expected; the nearest option is '{}'. 'asterism {} --help' lists them.", name_,
                     wrong, base::nearest(wrong, known), name_);
  } catch (const CLI::RequiredError& error) {
    std::vector<std::string> names;
    for (const CLI::App* one : app.get_subcommands([](const CLI::App*) { return true; }))
      names.push_back(one->get_name());
    const auto word =
        std::find_if(arguments.begin(), arguments.end(), [](const auto& a) { return !a.starts_with('-'); });
    if (names.empty() || (word != arguments.end() && std::find(names.begin(), names.end(), *word) != names.end()))
      base::user_error("{}: {}. 'asterism {} --help' tells more.", name_, error.what(), name_);
    if (word == arguments.end())
      base::user_error("{}: say which of {}. 'asterism {} --help' tells more.", name_, base::quoted_list(names), name_);
    base::user_error("there is no command '{} {}'; the nearest is '{} {}'", name_, *word, name_,
                     base::nearest(*word, names));
  } catch (const CLI::ParseError& error) {
    std::string what = error.what();  // "--objects: Value 0 not in range 0.000000 to 1797..." of 309 digits
    if (const auto range = what.find(" not in range"); range != std::string::npos && what.size() > range + 100)
      what = what.substr(0, range) + " is too small";
    base::user_error("{}: {}. 'asterism {} --help' tells more.", name_, what, name_);
  }
  if (quiet) base::set_log_level(base::LogLevel::warning);
  if (verbose) base::set_log_level(base::LogLevel::debug);
  return true;
}

std::vector<std::string> told_options(const CLI::App& app) {
  std::vector<std::string> out;
  for (const CLI::Option* option : app.get_options())
    if (option->count() > 0 && !option->get_positional()) out.push_back(option->get_name());
  return out;
}

std::pair<std::string, double> split_assignment(const std::string& option, const std::string& text) {
  const size_t equals = text.find('=');
  double value = 0;
  const char* begin = text.data() + std::min(equals, text.size() - 1) + 1;
  if (equals != std::string::npos && equals > 0) {
    const auto [end, error] = std::from_chars(begin, text.data() + text.size(), value);
    if (error == std::errc() && end == text.data() + text.size() && begin != end)
      return {text.substr(0, equals), value};
  }
  base::user_error("{} {}: expected NAME=NUMBER, as in {} redshift_ok=1", option, text, option);
}

namespace {

std::string trimmed(const std::string& text) {
  const size_t begin = text.find_first_not_of(' ');
  return begin == std::string::npos ? "" : text.substr(begin, text.find_last_not_of(' ') + 1 - begin);
}

}  // namespace

std::vector<std::string> split_commas(const std::vector<std::string>& texts) {
  std::vector<std::string> out;
  for (const std::string& text : texts) {
    size_t begin = 0;
    while (begin <= text.size()) {
      const size_t end = std::min(text.find(',', begin), text.size());
      const auto name = trimmed(text.substr(begin, end - begin));
      if (name.empty()) base::user_error("'{}' holds an empty name: write a,b,...", text);
      out.push_back(name);
      begin = end + 1;
    }
  }
  return out;
}

std::vector<std::string> split_names(const std::string& option, const std::vector<std::string>& texts) {
  auto out = split_commas(texts);
  for (auto it = out.begin(); it != out.end(); ++it)
    if (std::find(out.begin(), it, *it) != it) base::user_error("{} names '{}' twice: once is enough", option, *it);
  return out;
}

void check_output(const std::vector<std::string>& inputs, const std::filesystem::path& out, bool replace) {
  for (const auto& input : inputs) base::check_apart(input, out);
  std::error_code ignored;
  if (!replace && std::filesystem::exists(out, ignored))
    base::user_error("'{}' is there already: name a new file, or say --replace", out.string());
}

void check_svg(const std::filesystem::path& out) {
  if (out.extension() != ".svg") base::user_error("'{}': SVG alone is drawn here; end the name in .svg", out.string());
}

}  // namespace asterism::apps
