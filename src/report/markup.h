#pragma once
// Text made safe for pages and plots.

#include <string>
#include <string_view>

namespace asterism::report {

// & < > " ' as entities; control characters other than line breaks and tabs removed; bad UTF-8 replaced by U+FFFD.
std::string escaped(std::string_view text);

// Escaped text in which powers are raised: "erg s^-1 cm^-2" gives "erg s<sup>−1</sup> cm<sup>−2</sup>". For labels and
// units, in HTML as in plotly's own markup.
std::string with_powers(std::string_view text);

// "flux [nanomaggy]" with powers raised; the unit is left out where it is empty.
std::string with_unit(std::string_view label, std::string_view unit);

// JSON that can stand inside a <script> element.
std::string script_safe(const std::string& json);

}  // namespace asterism::report
