#include "data/select.h"

#include <fmt/core.h>

#include <sstream>

#include "apps/data/data_commands.h"
#include "apps/options.h"
#include "base/atomic_file.h"
#include "base/error.h"
#include "base/json_line.h"
#include "base/log.h"

namespace asterism::apps {

int data_select(const Arguments& arguments) {
  CommandLine line("data select", "Rows of a dataset by place on the sky or by id, reading no more than needed.",
                   "asterism data select mock field.parquet --cone 150.1,2.2,600 --columns object_id,ra,dec");
  std::string path, out, cone, box, moc, id_file;
  std::vector<std::string> columns, ids;
  bool replace = false;
  line.app
      .add_option(
          "DATASET", path,
          "a dataset, HATS catalogue or Parquet file: a path, s3://, gs://, https:// or hf://datasets/OWNER/NAME/...")
      ->required();
  line.app.add_option("OUT", out, "the rows: .parquet or .csv")->required();
  line.app.add_option("--cone", cone, "RA,DEC,ARCSEC: centre in degrees and radius");
  line.app.add_option("--box", box, "WEST,EAST,SOUTH,NORTH in degrees; across RA 0 where WEST > EAST");
  line.app.add_option("--moc", moc, "a coverage map (FITS, or JSON)");
  line.app.add_option("--ids", ids, "ids, a,b,...");
  line.app.add_option("--id-file", id_file, "a text file with an id a line");
  line.app.add_option("--columns", columns, "columns, or fields of structs (spectrum.flux); all by default");
  line.app.add_flag("--replace", replace, "a file that is there under the name OUT");
  if (!line.parse(arguments)) return 0;
  check_output({path}, out, replace);
  data::SelectOptions options;
  if (!cone.empty()) options.region.cone = data::parse_cone(cone);
  if (!box.empty()) options.region.box = data::parse_box(box);
  if (!moc.empty()) options.region.moc = data::read_moc(moc);
  options.ids = split_commas(ids);
  if (!id_file.empty()) {
    std::istringstream lines(base::read_text(id_file));
    for (std::string id; std::getline(lines, id);) {
      if (id.ends_with('\r')) id.pop_back();
      if (!id.empty()) options.ids.push_back(id);
    }
    if (options.ids.empty()) base::user_error("{} names no ids", id_file);
  }
  options.columns = split_commas(columns);
  const auto report = data::select_rows(data::HatsReader::open(path), out, options);
  if (!report.missing.empty())
    base::log_warning("{} of {} ids were not found{}; the first of them is '{}'", report.missing.size(),
                      options.ids.size(), options.region.everywhere() ? "" : ", or lie elsewhere", report.missing[0]);
  if (line.json) {
    base::JsonLine json;
    json.add("rows", report.rows).add("out", out).add("files", report.files);
    json.add("ids_not_found", int64_t(report.missing.size()));
    json.add("files_opened", report.files_opened).add("groups_read", report.groups_read);
    json.add("bytes", report.bytes).add("bytes_read", report.bytes_read);
    fmt::print("{}\n", json.str());
    return 0;
  }
  fmt::print(
      "{} rows in {}\n{} of {} files opened, {} of their {} row groups read: {:.3f} of {:.3f} MB, {:.1f}% not read\n",
      report.rows, out, report.files_opened, report.files, report.groups_read, report.groups_opened,
      double(report.bytes_read) / 1e6, double(report.bytes) / 1e6,
      report.bytes > 0 ? 100 * (1 - double(report.bytes_read) / double(report.bytes)) : 0.0);
  return 0;
}

}  // namespace asterism::apps
