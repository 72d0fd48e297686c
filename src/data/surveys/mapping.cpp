#include "data/surveys/mapping.h"

#include "base/error.h"

namespace asterism::data {

void MappedScalar::describe(config::Fields& f) {
  f.add("column", column, "column of the value").required();
  f.add("error", error, "column of its standard deviation");
  f.add("ivar", ivar, "column of its inverse variance");
  f.add("unit", unit, "unit in the file, where the file does not say it");
  f.add("to", to, "unit in the dataset");
  f.add("missing", missing, "numbers that mean: not measured");
  f.add("low", low, "smaller values are missing");
  f.add("high", high, "greater values are missing");
  f.add("description", description, "one line");
  f.add("ucd", ucd, "UCD1+ word");
}

void MappedVector::describe(config::Fields& f) {
  f.add("column", column, "column of lists");
  f.add("columns", columns, "columns of numbers, in order");
  f.add("description", description, "one line");
}

void Mapping::describe(config::Fields& f) {
  f.add("name", name, "of the dataset").required();
  f.add("survey", survey, "survey that named the objects; default: name");
  f.add("title", title, "one line");
  f.add("description", description, "what was selected, units, caveats");
  f.add("provenance", provenance, "where the table is from");
  f.add("licence", licence, "as the source states it");
  f.add("citation", citation, "BibTeX, or a reference in words");
  f.add("acknowledgement", acknowledgement, "as the survey asks for");
  f.add("id", id, "column of the ids").required();
  f.add("ra", ra, "column of the right ascension");
  f.add("dec", dec, "column of the declination");
  f.add("position", position, "how positions are written").one_of({"degrees", "hours", "sexagesimal"});
  f.add("missing", missing, "numbers that mean: not measured, in every column");
  f.add("same_object_arcsec", same_object_arcsec, "rows closer than this share a side of every split").between(0, 60);
  f.tables("scalars", scalars, "one number an object");
  f.tables("vectors", vectors, "several numbers an object");
  f.tables("images", images, "FITS images of each object, in files");
  f.tables("spectra", spectra, "a spectrum of each object, in files");
  f.tables("cubes", cubes, "a spectral cube of each object, in files");
  f.tables("light_curves", light_curves, "a light curve of each object, in files");
}

namespace {

template <class F>
void for_each_name(const Mapping& mapping, F&& f) {
  for (const auto& [name, one] : mapping.scalars) f(name);
  for (const auto& [name, one] : mapping.vectors) f(name);
  for (const auto& [name, one] : mapping.images) f(name);
  for (const auto& [name, one] : mapping.spectra) f(name);
  for (const auto& [name, one] : mapping.cubes) f(name);
  for (const auto& [name, one] : mapping.light_curves) f(name);
}

}  // namespace

Mapping read_mapping(const std::filesystem::path& path) {
  Mapping out;
  auto fields = config::fields_of(out);
  config::read_file(fields, path);
  const std::string where = path.string();
  if (out.name.empty() || out.name.find_first_not_of(
                              "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") != std::string::npos)
    base::user_error("{}: the name '{}'; letters, digits, _ and - are allowed", where, out.name);
  if (out.ra.empty() != out.dec.empty()) base::user_error("{}: `ra` and `dec` come together", where);
  std::map<std::string, int> names;
  for_each_name(out, [&](const std::string& name) {
    if (++names[name] == 2) base::user_error("{}: '{}' is the name of two things", where, name);
  });
  if (names.empty())
    base::user_error(
        "{}: no [scalars.NAME], [vectors.NAME], [images.NAME], [spectra.NAME], [cubes.NAME] or [light_curves.NAME]: "
        "nothing would be imported",
        where);
  for (const auto& [name, scalar] : out.scalars) {
    if (!scalar.error.empty() && !scalar.ivar.empty())
      base::user_error("{}: [scalars.{}] has both `error` and `ivar`", where, name);
    if (!(scalar.low < scalar.high)) base::user_error("{}: [scalars.{}]: `low` is not below `high`", where, name);
  }
  for (const auto& [name, vector] : out.vectors) {
    if (vector.column.empty() == vector.columns.empty())
      base::user_error("{}: [vectors.{}] wants either `column` or `columns`", where, name);
  }
  if (out.survey.empty()) out.survey = out.name;
  return out;
}

}  // namespace asterism::data
