#include "data/votable_header.h"

#include <arrow/api.h>
#include <fmt/format.h>

#include "report/markup.h"

namespace asterism::data {
namespace {

using report::escaped;

std::string word(const arrow::Field& field, const char* key) {
  if (field.metadata() == nullptr) return "";
  const auto value = field.metadata()->Get(key);
  return value.ok() ? *value : "";
}

// datatype and, where there are several values, arraysize.
std::string type_words(const arrow::DataType& type) {
  switch (type.id()) {
    case arrow::Type::BOOL:
      return R"(datatype="boolean")";
    case arrow::Type::UINT8:
      return R"(datatype="unsignedByte")";
    case arrow::Type::INT8:
    case arrow::Type::INT16:
      return R"(datatype="short")";
    case arrow::Type::UINT16:
    case arrow::Type::INT32:
      return R"(datatype="int")";
    case arrow::Type::UINT32:
    case arrow::Type::UINT64:
    case arrow::Type::INT64:
      return R"(datatype="long")";
    case arrow::Type::HALF_FLOAT:
    case arrow::Type::FLOAT:
      return R"(datatype="float")";
    case arrow::Type::DOUBLE:
      return R"(datatype="double")";
    case arrow::Type::BINARY:
      return R"(datatype="unsignedByte" arraysize="*")";
    case arrow::Type::LIST:
    case arrow::Type::LARGE_LIST:
    case arrow::Type::FIXED_SIZE_LIST: {
      const auto& element = *type.field(0)->type();
      const std::string inner = type_words(element);
      const bool fixed = type.id() == arrow::Type::FIXED_SIZE_LIST && inner.find("arraysize") == std::string::npos;
      const std::string size =
          fixed ? std::to_string(static_cast<const arrow::FixedSizeListType&>(type).list_size()) : "*";
      return inner.substr(0, inner.find(" arraysize")) + fmt::format(R"( arraysize="{}")", size);
    }
    default:
      return R"(datatype="char" arraysize="*")";
  }
}

std::string field_element(const arrow::Field& field) {
  std::string out = fmt::format(R"(<FIELD name="{}" {})", escaped(field.name()), type_words(*field.type()));
  for (const char* key : {"unit", "ucd"}) {
    if (const auto value = word(field, key); !value.empty()) out += fmt::format(R"( {}="{}")", key, escaped(value));
  }
  std::string description = word(field, "description");
  if (field.type()->id() == arrow::Type::STRUCT) {
    description += description.empty() ? "members:" : "; members:";
    for (const auto& member : field.type()->fields()) {
      const std::string unit = word(*member, "unit");
      description += " " + member->name() + (unit.empty() ? "" : " [" + unit + "]");
    }
  }
  if (description.empty()) return out + "/>\n";
  return out + fmt::format("><DESCRIPTION>{}</DESCRIPTION></FIELD>\n", escaped(description));
}

}  // namespace

std::string votable_header(const arrow::Schema& schema, const DatasetInfo& info) {
  std::string out =
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      "<VOTABLE version=\"1.4\" xmlns=\"http://www.ivoa.net/xml/VOTable/v1.3\">\n"
      "<RESOURCE type=\"results\">\n"
      "<COOSYS ID=\"sky\" system=\"ICRS\"/>\n";
  out += fmt::format("<TABLE name=\"{}\">\n", escaped(info.name));
  const std::string description = info.description.empty() ? info.title : info.description;
  if (!description.empty()) out += fmt::format("<DESCRIPTION>{}</DESCRIPTION>\n", escaped(description));
  for (const auto& [name, value] : {std::pair<const char*, std::string>{"provenance", info.provenance},
                                    {"licence", info.licence},
                                    {"citation", info.citation}}) {
    if (!value.empty())
      out += fmt::format("<PARAM name=\"{}\" datatype=\"char\" arraysize=\"*\" value=\"{}\"/>\n", name, escaped(value));
  }
  for (const auto& field : schema.fields()) out += field_element(*field);
  return out + "</TABLE>\n</RESOURCE>\n</VOTABLE>\n";
}

std::shared_ptr<arrow::Schema> with_votable_header(const std::shared_ptr<arrow::Schema>& schema,
                                                   const DatasetInfo& info) {
  const auto words = arrow::key_value_metadata({"IVOA.VOTable-Parquet.version", "IVOA.VOTable-Parquet.content"},
                                               {"1.0", votable_header(*schema, info)});
  return schema->WithMetadata(schema->metadata() == nullptr ? words : schema->metadata()->Merge(*words));
}

}  // namespace asterism::data
