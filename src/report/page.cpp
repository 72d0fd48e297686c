#include "report/page.h"

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/resources.h"
#include "report/markup.h"
#include "report/page_style.h"

namespace asterism::report {
namespace {

// Nothing may be fetched, whatever the page holds. plotly.js makes functions from text when it draws by WebGL.
constexpr const char* kPolicy =
    "default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval'; style-src 'unsafe-inline'; img-src data: blob:";

std::string paragraphs_html(const std::string& text) {
  std::string html = "<p>";
  bool code = false;
  const std::string safe = with_powers(text);
  for (size_t i = 0; i < safe.size(); ++i) {
    if (safe[i] == '`' && (code || safe.find('`', i + 1) != std::string::npos)) {
      html += code ? "</code>" : "<code>";
      code = !code;
    } else if (safe[i] == '\n' && i + 1 < safe.size() && safe[i + 1] == '\n') {
      html += code ? "</code></p>\n<p>" : "</p>\n<p>";
      code = false;
      while (i + 1 < safe.size() && safe[i + 1] == '\n') ++i;
    } else {
      html += safe[i];
    }
  }
  return html + (code ? "</code></p>\n" : "</p>\n");
}

}  // namespace

Page::Page(const std::string& title, const std::string& subtitle) : title_(title), subtitle_(subtitle) {}

Page& Page::section(const std::string& title) {
  body_ += sections_.empty() ? "" : "</section>\n";
  sections_.push_back(title);
  body_ += fmt::format("<section id=\"part-{}\">\n<h2>{}</h2>\n", sections_.size(), with_powers(title));
  return *this;
}

Page& Page::heading(const std::string& title) {
  body_ += "<h3>" + with_powers(title) + "</h3>\n";
  return *this;
}

Page& Page::paragraph(const std::string& text) {
  body_ += paragraphs_html(text);
  return *this;
}

Page& Page::note(const std::string& text) {
  body_ += "<div class=\"note\">" + paragraphs_html(text) + "</div>\n";
  return *this;
}

Page& Page::code(const std::string& text) {
  body_ += "<pre>" + escaped(text) + "</pre>\n";
  return *this;
}

Page& Page::facts(const std::vector<std::pair<std::string, std::string>>& pairs) {
  body_ += "<dl>";
  for (const auto& [name, value] : pairs) {
    if (!value.empty()) body_ += "<dt>" + escaped(name) + "</dt><dd>" + escaped(value) + "</dd>\n";
  }
  body_ += "</dl>\n";
  return *this;
}

Page& Page::table(const Table& table) {
  std::string html = table_html(table);
  const std::string caption = "<figcaption class=\"caption\">";
  if (const size_t at = html.find(caption); at != std::string::npos) {
    html.insert(at + caption.size(), fmt::format("<b>Table {}.</b> ", ++num_tables_));
  }
  body_ += html;
  return *this;
}

std::string Page::figure_html(const Figure& figure) {
  std::string html = fmt::format("<figure class=\"drawn{}\">", figure.wide ? " wide" : "");
  if (!figure.title.empty()) html += "<h4>" + with_powers(figure.title) + "</h4>";
  html += fmt::format(
      "<div class=\"plot\" style=\"min-height:{}px\"><script type=\"application/json\">{}</script><div "
      "class=\"target\"></div></div>",
      figure.height, script_safe(to_plotly_json(figure)));
  const std::string words = figure.caption.empty() ? "</b>" : ".</b> " + with_powers(figure.caption);
  html += fmt::format("<figcaption class=\"caption\"><b>Figure {}{}</figcaption></figure>\n", ++num_figures_, words);
  return html;
}

Page& Page::figure(const Figure& figure) {
  body_ += figure_html(figure);
  return *this;
}

Page& Page::figures(const std::vector<Figure>& figures) {
  body_ += "<div class=\"side\">\n";
  for (const auto& figure : figures) body_ += figure_html(figure);
  body_ += "</div>\n";
  return *this;
}

Page& Page::gallery(const Gallery& gallery) {
  body_ += gallery_html(gallery);
  return *this;
}

std::string Page::html() const {
  std::string html = "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n";
  html += fmt::format("<meta http-equiv=\"Content-Security-Policy\" content=\"{}\">\n", kPolicy);
  html += "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n";
  html += "<title>" + escaped(title_) + "</title>\n<style>" + page_style() +
          "</style>\n</head>\n<body>\n<div class=\"page\">\n";
  html += "<header>\n<h1>" + with_powers(title_) + "</h1>\n";
  if (!subtitle_.empty()) html += "<p class=\"subtitle\">" + with_powers(subtitle_) + "</p>\n";
  if (sections_.size() > 1) {
    html += "<nav aria-label=\"Contents\"><ol>";
    for (size_t i = 0; i < sections_.size(); ++i)
      html += fmt::format("<li><a href=\"#part-{}\">{}</a></li>", i + 1, with_powers(sections_[i]));
    html += "</ol></nav>\n";
  }
  html += "</header>\n<main>\n" + body_ + (sections_.empty() ? "" : "</section>\n") + "</main>\n";
  html += "<footer>Written by Asterism " ASTERISM_VERSION ".</footer>\n</div>\n";
  if (num_figures_ > 0) {
    html += "<script>" + base::read_text(base::resource("plotly.min.js")) + "</script>\n<script>" + page_script() +
            "</script>\n";
  }
  return html + "</body>\n</html>\n";
}

void Page::write(const std::filesystem::path& path) const { base::write_text(path, html()); }

}  // namespace asterism::report
