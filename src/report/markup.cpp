#include "report/markup.h"

#include "io/utf8.h"

namespace asterism::report {

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : io::repaired_utf8(text)) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      case '\n':
      case '\t':
        out += c;
        break;
      default:
        if (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f) out += c;
    }
  }
  return out;
}

std::string with_powers(std::string_view text) {
  const std::string safe = escaped(text);
  std::string out;
  for (size_t i = 0; i < safe.size(); ++i) {
    const bool signed_power = i + 1 < safe.size() && (safe[i + 1] == '-' || safe[i + 1] == '+');
    size_t end = i + 1 + (signed_power ? 1 : 0);
    const size_t first = end;
    while (end < safe.size() && ((safe[end] >= '0' && safe[end] <= '9') || (safe[end] == '.' && end > first))) ++end;
    if (end > first && safe[end - 1] == '.') --end;  // the end of a sentence
    if (safe[i] != '^' || end == first) {
      out += safe[i];
      continue;
    }
    out += "<sup>";
    if (signed_power && safe[i + 1] == '-') out += "\xe2\x88\x92";  // a true minus sign
    out.append(safe, first, end - first);
    out += "</sup>";
    i = end - 1;
  }
  return out;
}

std::string with_unit(std::string_view label, std::string_view unit) {
  return unit.empty() ? with_powers(label) : with_powers(label) + " [" + with_powers(unit) + "]";
}

std::string script_safe(const std::string& json) {
  std::string out;
  out.reserve(json.size());
  for (const char c : json) {
    if (c == '<') {
      out += "\\u003c";  // neither </script> nor <!--
    } else {
      out += c;
    }
  }
  return out;
}

}  // namespace asterism::report
