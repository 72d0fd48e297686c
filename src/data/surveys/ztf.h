#pragma once
// Alerts of the Zwicky Transient Facility: JSON lines (gzip as well) with stamps in a folder cutouts/ beside them, or
// Avro packets as the broker sends them, stamps included. One row an alert, named by its candid.
//
// The same alert may come several times with different added columns: copies are merged by candid. Alerts of one object
// (objectId, and positions within 2") share a split number, that of the objectId. The sign of a difference stamp is
// restored: see ztf_alert.h. Classifier scores (rb, drb, and what brokers add) are no truth, and brokers' columns are
// not kept. Multimodal Universe's BTSbot has the same stamps and numbers; its published rows are probably doubled.
//
// Modalities: image_ztf (planes ztf-science, ztf-reference, ztf-difference; counts); lightcurve_ztf; difference_flux
// (nanomaggies, signed), isdiffpos (1 or 0), mjd, and the numbers of ztf_numbers() by their published names.

#include <filesystem>
#include <memory>
#include <vector>

#include "data/survey.h"

namespace asterism::data {

std::unique_ptr<SurveyImport> open_ztf(const std::vector<std::filesystem::path>& inputs, const ImportOptions& options,
                                       BadRows& bad);

}  // namespace asterism::data
