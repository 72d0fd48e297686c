#pragma once
// Light curves in Multimodal Universe's schema (v1.5 files, the hub's previews, or v1's HDF5): a struct of lists
// `lightcurve` beside numbers, one row an object.
//
// plasticc: the published catalogue holds every object twice (7,001,476 rows are 2 x 3,500,738): one copy is kept, the
// other counted; copies that differ are bad rows. The builder left out the Y band and counted its padding of zeros as
// data: points whose time, flux and error are all 0 are dropped. ra and dec of the published card are random numbers:
// not a position. Flux is SNANA's FLUXCAL (zero point 27.5): nanomaggies here (x 0.01).
//
// tess: time is BJD - 2,457,000 (TESS convention; no file says so): MJD here (TDB); paddings of zeros are dropped,
// quality other than 0 is a mask; columns are called RA and DEC; flux as the pipeline has it (electron/s for SPOC).
// TGLC calls its flux psf_flux and has no errors.

#include <filesystem>
#include <memory>
#include <vector>

#include "data/survey.h"
#include "data/surveys/mmu_tables.h"

namespace asterism::data {

std::unique_ptr<SurveyImport> open_plasticc(const std::vector<std::filesystem::path>& inputs,
                                            const ImportOptions& options, BadRows& bad);
std::unique_ptr<SurveyImport> open_tess(const std::vector<std::filesystem::path>& inputs, const ImportOptions& options,
                                        BadRows& bad);

// Of tables that are open already.
std::unique_ptr<SurveyImport> import_plasticc(std::unique_ptr<MmuTables> tables, BadRows& bad);
std::unique_ptr<SurveyImport> import_tess(std::unique_ptr<MmuTables> tables, BadRows& bad);

}  // namespace asterism::data
