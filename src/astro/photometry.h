#pragma once
// Fluxes and magnitudes. Inside Asterism a flux is in nanomaggies: AB magnitude 22.5 is 1 nanomaggy (Oke & Gunn 1983;
// 0 mag = 3631 Jy). Functions of one number; missing values are the caller's mask, never a sentinel.

namespace asterism::astro {

inline constexpr double kNanomaggyZeroPoint = 22.5;                     // AB magnitude of one nanomaggy
inline constexpr double kMicrojanskyPerNanomaggy = 3.6307805477010134;  // 10^(-0.4 (22.5 - 23.9)): 23.9 mag = 1 uJy
inline constexpr double kNanojanskyPerNanomaggy = 1e3 * kMicrojanskyPerNanomaggy;

// AB magnitude <-> nanomaggy. A flux that is not positive has no magnitude: NaN, which never leaves the caller.
double magnitude_of(double flux_nanomaggy);
double nanomaggy_of(double magnitude);

double nanomaggy_of_njy(double flux_njy);
double njy_of_nanomaggy(double flux_nanomaggy);
double nanomaggy_of_ujy(double flux_ujy);
double ujy_of_nanomaggy(double flux_nanomaggy);

// Counts of a catalogue or image with a stated AB zero point (magnitude of one count), in nanomaggies.
double nanomaggy_of_counts(double counts, double zero_point);

struct Measured {
  double value = 0, error = 0;  // one standard deviation
};

// First-order propagation: sigma_m = (2.5 / ln 10) sigma_f / f, and back.
Measured magnitude_of(Measured flux_nanomaggy);
Measured nanomaggy_of(Measured magnitude);

// Asinh magnitudes (Lupton, Gunn & Szalay 1999): finite for every flux, and the ordinary magnitude where flux is well
// above the softening `b` (in units of 10^(-0.4 * 0), that is of 3631 Jy; SDSS r: 1.2e-10).
double asinh_magnitude(double flux_nanomaggy, double softening);
double nanomaggy_of_asinh(double magnitude, double softening);
Measured asinh_magnitude(Measured flux_nanomaggy, double softening);
Measured nanomaggy_of_asinh(Measured magnitude, double softening);

// Softenings b of the SDSS bands u g r i z (Stoughton et al. 2002, table 21).
inline constexpr double kSdssSoftening[5] = {1.4e-10, 0.9e-10, 1.2e-10, 1.8e-10, 7.4e-10};

}  // namespace asterism::astro
