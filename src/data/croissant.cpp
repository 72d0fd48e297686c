#include "data/croissant.h"

#include <arrow/api.h>

#include "data/citation.h"
#include "io/json.h"

namespace asterism::data {
namespace {

using Json = nlohmann::ordered_json;

std::string word(const arrow::Field& field, const char* key) {
  if (field.metadata() == nullptr) return "";
  const auto value = field.metadata()->Get(key);
  return value.ok() ? *value : "";
}

std::string type_word(const arrow::DataType& type) {
  if (type.id() == arrow::Type::BOOL) return "sc:Boolean";
  if (arrow::is_integer(type.id())) return "sc:Integer";
  if (arrow::is_floating(type.id())) return "sc:Float";
  return "sc:Text";
}

bool is_list(const arrow::DataType& type) {
  return type.id() == arrow::Type::LIST || type.id() == arrow::Type::LARGE_LIST ||
         type.id() == arrow::Type::FIXED_SIZE_LIST;
}

// A column, or a member of a struct: `path` is what the Parquet file calls it.
Json field_of(const arrow::Field& field, const std::string& path) {
  Json out = {{"@type", "cr:Field"}, {"@id", "rows/" + path}, {"name", path}};
  if (const auto text = word(field, "description"); !text.empty()) out["description"] = text;
  if (const auto unit = word(field, "unit"); !unit.empty()) out["unitText"] = unit;
  if (field.type()->id() == arrow::Type::STRUCT) {
    for (const auto& member : field.type()->fields())
      out["subField"].push_back(field_of(*member, path + "/" + member->name()));
    return out;
  }
  const arrow::DataType* element = field.type().get();
  for (; is_list(*element); element = element->field(0)->type().get()) out["repeated"] = true;
  out["dataType"] = type_word(*element);
  const size_t cut = path.find('/');
  Json extract = {{"column", path.substr(0, cut)}};
  Json source = {{"fileSet", {{"@id", "partitions"}}}, {"extract", extract}};
  if (cut != std::string::npos) source["transform"] = {{"jsonPath", path.substr(cut + 1)}};
  out["source"] = source;
  return out;
}

// What the short names stand for: the context that Croissant 1.0 prescribes.
Json context() {
  return {{"@language", "en"},
          {"@vocab", "https://schema.org/"},
          {"citeAs", "cr:citeAs"},
          {"column", "cr:column"},
          {"conformsTo", "dct:conformsTo"},
          {"cr", "http://mlcommons.org/croissant/"},
          {"rai", "http://mlcommons.org/croissant/RAI/"},
          {"data", {{"@id", "cr:data"}, {"@type", "@json"}}},
          {"dataType", {{"@id", "cr:dataType"}, {"@type", "@vocab"}}},
          {"dct", "http://purl.org/dc/terms/"},
          {"examples", {{"@id", "cr:examples"}, {"@type", "@json"}}},
          {"extract", "cr:extract"},
          {"field", "cr:field"},
          {"fileProperty", "cr:fileProperty"},
          {"fileObject", "cr:fileObject"},
          {"fileSet", "cr:fileSet"},
          {"format", "cr:format"},
          {"includes", "cr:includes"},
          {"isLiveDataset", "cr:isLiveDataset"},
          {"jsonPath", "cr:jsonPath"},
          {"key", "cr:key"},
          {"md5", "cr:md5"},
          {"parentField", "cr:parentField"},
          {"path", "cr:path"},
          {"recordSet", "cr:recordSet"},
          {"references", "cr:references"},
          {"regex", "cr:regex"},
          {"repeated", "cr:repeated"},
          {"replace", "cr:replace"},
          {"sc", "https://schema.org/"},
          {"separator", "cr:separator"},
          {"source", "cr:source"},
          {"subField", "cr:subField"},
          {"transform", "cr:transform"}};
}

}  // namespace

std::string croissant(const arrow::Schema& schema, const DatasetInfo& info, const std::string& folder,
                      const std::string& when) {
  Json fields = Json::array();
  for (const auto& field : schema.fields()) fields.push_back(field_of(*field, field->name()));
  const std::string description = info.description.empty() ? info.title : info.description;
  Json out = {{"@context", context()},
              {"@type", "sc:Dataset"},
              {"name", info.name},
              {"description", description.empty() ? info.name : description},
              {"conformsTo", "http://mlcommons.org/croissant/1.0"},
              {"license", info.licence.empty() ? "not stated" : info.licence},
              {"citeAs", bibtex(info)},
              {"datePublished", when},
              {"version", "1.0.0"}};
  if (!info.provenance.empty()) out["creditText"] = info.provenance;
  out["distribution"] = {{{"@type", "cr:FileSet"},
                          {"@id", "partitions"},
                          {"name", "partitions"},
                          {"description", "HATS partitions: Parquet by HEALPix pixel"},
                          {"encodingFormat", "application/x-parquet"},
                          {"includes", folder + "/dataset/Norder=*/Dir=*/Npix=*.parquet"}}};
  out["recordSet"] = {{{"@type", "cr:RecordSet"},
                       {"@id", "rows"},
                       {"name", "rows"},
                       {"key", {{"@id", "rows/object_id"}}},
                       {"field", fields}}};
  return out.dump(1) + "\n";
}

}  // namespace asterism::data
