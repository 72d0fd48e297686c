#include "data/citation.h"

#include <fmt/format.h>

#include <cctype>
#include <map>
#include <regex>
#include <set>
#include <vector>

namespace asterism::data {
namespace {

std::string trimmed(const std::string& text) {
  const size_t begin = text.find_first_not_of(" \t\r\n"), end = text.find_last_not_of(" \t\r\n.");
  return begin == std::string::npos ? "" : text.substr(begin, end - begin + 1);
}

std::vector<std::string> references(const std::string& citation) {
  std::vector<std::string> out;
  size_t from = 0;
  while (from <= citation.size()) {
    const size_t end = std::min(citation.find(';', from), citation.size());
    if (const std::string part = trimmed(citation.substr(from, end - from)); !part.empty()) out.push_back(part);
    from = end + 1;
  }
  return out;
}

// What BibTeX gives a meaning to.
std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '&' || c == '%' || c == '#' || c == '_' || c == '$') out += '\\';
    if (c == '{' || c == '}' || c == '\\') continue;
    out += c == '\n' || c == '\r' ? ' ' : c;
  }
  return out;
}

std::string letters(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0) out += c;
  }
  return out;
}

// Journals by the names that citations in words use: the macros of NASA ADS.
std::string journal(const std::string& name) {
  static const std::map<std::string, std::string> macros = {{"AJ", "\\aj"},       {"ApJ", "\\apj"}, {"ApJS", "\\apjs"},
                                                            {"MNRAS", "\\mnras"}, {"A&A", "\\aap"}, {"PASP", "\\pasp"}};
  const auto found = macros.find(name);
  return found == macros.end() ? "{" + escaped(name) + "}" : "{" + found->second + "}";
}

class Entries {
 public:
  void add_reference(const std::string& reference) {
    static const std::regex form(R"((.+?),? (\d{4})[a-z]?, ([^,0-9]+?),? (\d+), (?:id\. )?([A-Z]?\d+))");
    std::smatch m;
    if (!std::regex_match(reference, m, form)) {
      text_ +=
          fmt::format("@misc{{{},\n  note = {{{}}}\n}}\n", key(letters(reference.substr(0, 20))), escaped(reference));
      return;
    }
    std::string author = trimmed(m[1]);
    const size_t others = author.find(" et al");
    const std::string first = author.substr(0, author.find_first_of(" ,&"));
    if (others != std::string::npos) author = author.substr(0, others) + " and others";
    for (size_t at = author.find(" & "); at != std::string::npos; at = author.find(" & "))
      author.replace(at, 3, " and ");
    text_ += fmt::format(
        "@article{{{},\n  author = {{{}}},\n  year = {{{}}},\n  journal = {},\n  volume = {{{}}},\n  pages = "
        "{{{}}}\n}}\n",
        key(letters(first) + m[2].str()), escaped(author), m[2].str(), journal(trimmed(m[3])), m[4].str(), m[5].str());
  }

  void add_dataset(const DatasetInfo& info) {
    text_ += fmt::format("@misc{{{},\n  title = {{{}}}", key(letters(info.name)),
                         escaped(info.title.empty() ? info.name : info.title));
    if (!info.provenance.empty()) text_ += fmt::format(",\n  note = {{{}}}", escaped(info.provenance));
    text_ += "\n}\n";
  }

  void comment(const std::string& label, const std::string& words) {
    if (!words.empty()) text_ += fmt::format("% {}: {}\n", label, escaped(words));
  }
  const std::string& text() const { return text_; }

 private:
  std::string key(const std::string& wanted) {
    std::string out = wanted.empty() ? "dataset" : wanted;
    for (char letter = 'b'; !taken_.insert(out).second; ++letter) out = wanted + letter;
    return out;
  }
  std::string text_;
  std::set<std::string> taken_;
};

}  // namespace

std::string bibtex(const DatasetInfo& info) {
  Entries entries;
  const std::string citation = trimmed(info.citation);
  if (citation.empty()) {
    entries.add_dataset(info);
  } else if (citation[0] != '@') {
    for (const auto& reference : references(citation)) entries.add_reference(reference);
  }
  entries.comment("licence", info.licence);
  entries.comment("acknowledgement", info.acknowledgement);
  return (citation.starts_with('@') ? info.citation + "\n" : "") + entries.text();
}

}  // namespace asterism::data
