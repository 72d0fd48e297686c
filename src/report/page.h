#pragma once
// One self-contained HTML page: text, tables, interactive figures, pictures. No external resource of any kind.
//
//   Page page("First light", "What one small model knows about 20,000 mock objects");
//   page.section("Redshifts").paragraph("Predicted from g r i z fluxes alone.").figure(figure).table(table);
//   page.write("report.html");

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "report/figure.h"
#include "report/gallery.h"
#include "report/table.h"

namespace asterism::report {

class Page {
 public:
  explicit Page(const std::string& title, const std::string& subtitle = "");

  Page& section(const std::string& title);   // also an entry of the contents list
  Page& heading(const std::string& title);   // smaller, within a section
  Page& paragraph(const std::string& text);  // plain text; blank lines make further paragraphs; `code` in backquotes
  Page& note(const std::string& text);       // a caveat, set apart
  Page& code(const std::string& text);       // a command or file, as typed
  // Name: value list (version, seed, time); what has no value is left out.
  Page& facts(const std::vector<std::pair<std::string, std::string>>& pairs);
  Page& table(const Table& table);
  Page& figure(const Figure& figure);
  Page& figures(const std::vector<Figure>& figures);  // side by side where there is room
  Page& gallery(const Gallery& gallery);

  std::string html() const;                             // with plotly.js inlined when there are figures
  void write(const std::filesystem::path& path) const;  // atomic

 private:
  std::string figure_html(const Figure& figure);
  std::string title_, subtitle_, body_;
  std::vector<std::string> sections_;
  int num_figures_ = 0, num_tables_ = 0;
};

}  // namespace asterism::report
