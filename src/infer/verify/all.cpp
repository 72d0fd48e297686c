#include "infer/verify/all.h"

#include <algorithm>
#include <chrono>

#include "base/error.h"
#include "infer/verify/aion_model.h"
#include "infer/verify/astroclip_cases.h"
#include "infer/verify/codec_cases.h"

namespace asterism::infer {

namespace {

// name, sentence, which cases it takes, how it replays one
const std::vector<CaseKind> kAll{
    {"astroclip", "AstroCLIP and its parts: DINOv2, SpecFormer, heads, losses", is_astroclip_case,
     verify_astroclip_case},
    {"codec", "a published codec encodes and decodes", is_codec_case, verify_codec_case},
    {"aion_encode", "the encoder of an AION-1 model", is_aion_encode, verify_aion_encode},
    {"aion_forward", "logits of an AION-1 model", is_aion_forward, verify_aion_forward},
    {"aion_training", "a training step of an AION-1 model", is_aion_training, verify_aion_training},
};

CaseReport replay(const std::filesystem::path& folder, const std::string& name) {
  CaseReport out;
  out.name = name;
  out.kind = "unknown";
  const auto start = std::chrono::steady_clock::now();
  Comparison comparison;
  try {
    const auto fixture = FixtureCase::open(folder, name);
    const auto kinds = case_kinds();
    const auto kind =
        std::find_if(kinds.begin(), kinds.end(), [&](const CaseKind& entry) { return entry.matches(fixture); });
    if (kind == kinds.end()) base::data_error("unknown kind of case '{}'.", name);
    out.kind = kind->name;
    kind->verify(fixture, comparison);
    for (const auto& output : fixture.names_under("out."))
      if (!comparison.compared("out." + output)) comparison.note("out." + output + " was not compared");
    if (comparison.lines().empty()) base::data_error("case '{}' has no output that could be compared.", name);
  } catch (const c10::Error& error) {
    out.error = error.what_without_backtrace();
  } catch (const std::exception& error) {
    out.error = error.what();
  }
  out.lines = comparison.lines();
  out.notes = comparison.notes();
  out.passed = out.error.empty() && comparison.passed();
  out.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return out;
}

}  // namespace

std::span<const CaseKind> case_kinds() { return kAll; }

VerifySummary verify_fixtures(const std::filesystem::path& folder, const std::vector<std::string>& only,
                              const std::function<void(const CaseReport&)>& report) {
  const auto names = fixture_cases(folder);
  if (names.empty()) base::user_error("'{}' holds no case: io/*.safetensors.", folder.string());
  for (const auto& name : only)
    if (std::find(names.begin(), names.end(), name) == names.end())
      base::user_error("there is no case '{}' in '{}'; the nearest is '{}'.", name, (folder / "io").string(),
                       base::nearest(name, names));
  VerifySummary out;
  for (const auto& name : only.empty() ? names : only) {
    const auto one = replay(folder, name);
    out.cases += 1;
    out.failed += one.passed ? 0 : 1;
    report(one);
  }
  return out;
}

}  // namespace asterism::infer
