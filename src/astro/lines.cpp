#include "astro/lines.h"

#include <array>
#include <string>
#include <vector>

#include "base/error.h"

namespace asterism::astro {
namespace {

constexpr LineKind kE = LineKind::emission, kA = LineKind::absorption, kB = LineKind::both;

constexpr Line kLines[] = {
    {"LyLimit", 911.754, kA},     {"Lygamma", 972.537, kA},     {"Lybeta", 1025.722, kB},
    {"OVI1034", 1033.83, kE},     {"Lyalpha", 1215.670, kB},    {"NV1240", 1240.14, kE},
    {"SiII1263", 1262.59, kE},    {"OI1305", 1305.53, kE},      {"CII1335", 1335.31, kE},
    {"SiIV1398", 1396.76, kE},    {"CIV1549", 1549.06, kB},     {"HeII1640", 1640.42, kE},
    {"OIII]1663", 1663.48, kE},   {"AlIII1857", 1857.40, kE},   {"CIII]1908", 1908.734, kE},
    {"CII]2326", 2326.44, kE},    {"FeII2600", 2600.173, kA},   {"MgII2798", 2798.75, kB},
    {"[NeV]3426", 3426.84, kE},   {"[OII]3726", 3727.092, kE},  {"[OII]3729", 3729.875, kE},
    {"H10", 3798.976, kB},        {"H9", 3836.472, kB},         {"[NeIII]3869", 3869.86, kE},
    {"H8", 3890.151, kB},         {"CaK", 3934.777, kA},        {"CaH", 3969.588, kA},
    {"Hepsilon", 3971.195, kB},   {"Hdelta", 4102.892, kB},     {"CaI4227", 4227.918, kA},
    {"Gband", 4305.61, kA},       {"Hgamma", 4341.684, kB},     {"[OIII]4363", 4364.436, kE},
    {"HeI4471", 4472.76, kB},     {"HeII4686", 4687.02, kE},    {"Hbeta", 4862.683, kB},
    {"[OIII]4959", 4960.295, kE}, {"[OIII]5007", 5008.240, kE}, {"Mgb5167", 5168.761, kA},
    {"Mgb5173", 5174.125, kA},    {"Mgb5184", 5185.048, kA},    {"[NI]5200", 5200.53, kE},
    {"Fe5270", 5271.0, kA},       {"Fe5335", 5336.5, kA},       {"HeI5876", 5877.249, kB},
    {"NaD5890", 5891.583, kA},    {"NaD5896", 5897.558, kA},    {"[OI]6300", 6302.046, kE},
    {"[OI]6364", 6365.536, kE},   {"[NII]6548", 6549.86, kE},   {"Halpha", 6564.614, kB},
    {"[NII]6584", 6585.27, kE},   {"[SII]6716", 6718.29, kE},   {"[SII]6731", 6732.67, kE},
    {"[ArIII]7136", 7137.77, kE}, {"KI7665", 7667.009, kA},     {"KI7699", 7701.083, kA},
    {"NaI8183", 8185.505, kA},    {"NaI8195", 8197.077, kA},    {"CaT8498", 8500.36, kA},
    {"CaT8542", 8544.44, kA},     {"CaT8662", 8664.52, kA},     {"[SIII]9069", 9071.1, kE},
    {"[SIII]9531", 9533.2, kE},   {"HeI10830", 10833.2, kE},    {"Pabeta", 12821.59, kE},
    {"Paalpha", 18756.13, kE},
};

}  // namespace

std::span<const Line> known_lines() { return kLines; }

double line_angstrom(std::string_view name) {
  for (const Line& line : kLines)
    if (line.name == name) return line.vacuum_angstrom;
  std::vector<std::string> names;
  for (const Line& line : kLines) names.emplace_back(line.name);
  base::user_error("no line '{}'; the nearest name is '{}'", name, base::nearest(name, names));
}

}  // namespace asterism::astro
