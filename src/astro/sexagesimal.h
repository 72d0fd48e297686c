#pragma once
// Positions as people write them: hours, degrees, minutes and seconds.

#include <optional>
#include <string_view>

namespace asterism::astro {

// "21:26:31.92", "21 26 31.92", "02:59.3" (no seconds), "-14" into the first unit: hours stay hours, degrees degrees.
// The sign counts for the whole ("-00:30" is -0.5). Nothing for text of another form, and for minutes or seconds of 60
// and more.
std::optional<double> parse_sexagesimal(std::string_view text);

}  // namespace asterism::astro
