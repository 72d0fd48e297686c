#pragma once
// Geometry on the sphere. Positions are ICRS degrees; separations keep full precision from microarcseconds to 180
// degrees.

#include <array>

namespace asterism::astro {

inline constexpr double kDegree = 0.017453292519943295769;  // radians
inline constexpr double kArcsec = kDegree / 3600;

struct SkyPosition {
  double ra_deg = 0, dec_deg = 0;
};

// ra brought into [0, 360).
double wrap_ra(double ra_deg);

std::array<double, 3> unit_vector(SkyPosition p);
SkyPosition position_of(const std::array<double, 3>& vector);  // of any length but zero

// Great-circle distance in degrees, by the formula of Vincenty (1975): no loss of precision at 0 or 180 degrees.
double separation_deg(SkyPosition a, SkyPosition b);

// Direction from a to b, degrees east of north, in [0, 360).
double position_angle_deg(SkyPosition a, SkyPosition b);

// The point that lies at `separation_deg` from a in the direction `position_angle_deg`.
SkyPosition offset_by(SkyPosition a, double position_angle_deg, double separation_deg);

// Gnomonic (tangent-plane) coordinates of p around `centre`, in degrees: xi to the east, eta to the north.
// Throws CheckError where p is 90 degrees or more from the centre.
struct TangentOffset {
  double xi_deg = 0, eta_deg = 0;
};
TangentOffset to_tangent_plane(SkyPosition centre, SkyPosition p);
SkyPosition from_tangent_plane(SkyPosition centre, TangentOffset offset);

}  // namespace asterism::astro
