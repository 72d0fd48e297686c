#include "train/metrics_log.h"

#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <memory>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/json_line.h"
#include "io/json.h"

namespace asterism::train {
namespace {

std::vector<std::string> complete_lines(const std::filesystem::path& file) {
  const std::string text = base::read_text(file);
  std::vector<std::string> out;
  size_t begin = 0;
  for (size_t end = text.find('\n'); end != std::string::npos; begin = end + 1, end = text.find('\n', begin))
    if (end > begin) out.push_back(text.substr(begin, end - begin));
  return out;
}

MetricsLine parse_line(const std::string& text, const std::string& source) {
  const auto json = io::parse_json(text, source);
  if (!json.is_object() || !json.contains("step") || !json["step"].is_number_integer())
    base::data_error("{}: no JSON object with a whole number 'step': {}", source, text.substr(0, 80));
  MetricsLine out;
  out.step = json["step"].get<int64_t>();
  for (const auto& [name, value] : json.items())
    if (name != "step" && value.is_number()) out.values[name] = value.get<double>();
  return out;
}

}  // namespace

MetricsLog::MetricsLog(std::filesystem::path file, int64_t after_step)
    : file_(std::move(file)), events_(file_.parent_path() / kTensorBoardFile, after_step) {
  std::string kept;
  if (after_step >= 0 && std::filesystem::exists(file_)) {
    const auto lines = complete_lines(file_);
    for (size_t i = 0; i < lines.size(); ++i)
      if (parse_line(lines[i], fmt::format("{}:{}", file_.string(), i + 1)).step <= after_step) kept += lines[i] + "\n";
  }
  base::write_text(file_, kept);
}

void MetricsLog::write(int64_t step, const std::map<std::string, double>& values) {
  base::JsonLine line;
  line.add("step", step);
  for (const auto& [name, value] : values) line.add(name, value);
  const std::string text = line.str() + "\n";
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> out(std::fopen(file_.c_str(), "ae"), &std::fclose);
  if (!out || std::fwrite(text.data(), 1, text.size(), out.get()) != text.size() || std::fflush(out.get()) != 0)
    base::data_error("{}: the line of step {} could not be written: {}.", file_.string(), step, std::strerror(errno));
  events_.write(step, values);
}

std::vector<MetricsLine> read_metrics(const std::filesystem::path& file) {
  std::vector<MetricsLine> out;
  const auto lines = complete_lines(file);
  for (size_t i = 0; i < lines.size(); ++i)
    out.push_back(parse_line(lines[i], fmt::format("{}:{}", file.string(), i + 1)));
  return out;
}

Curve curve_of(const std::vector<MetricsLine>& lines, const std::string& name) {
  Curve out;
  for (const auto& line : lines) {
    const auto found = line.values.find(name);
    if (found == line.values.end()) continue;
    out.steps.push_back(double(line.step));
    out.values.push_back(found->second);
  }
  return out;
}

}  // namespace asterism::train
