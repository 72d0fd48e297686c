#pragma once
// `asterism model verify` of a folder of fixtures: every case through our own code, beside what the reference gave.

#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "infer/verify/comparison.h"
#include "infer/verify/fixture_case.h"

namespace asterism::infer {

// One way to replay a case. The first entry that matches does the work; a case that none matches has failed.
struct CaseKind {
  const char* name;
  const char* sentence;
  bool (*matches)(const FixtureCase& fixture);
  // Computes the case's outputs and compares each with its `out.*` tensor, naming it so ("out.tokens"). Runs with
  // gradients on: a NoGradGuard is its own affair. May throw: then the case has failed, and the error is its reason.
  void (*verify)(const FixtureCase& fixture, Comparison& comparison);
};

std::span<const CaseKind> case_kinds();

struct CaseReport {
  std::string name, kind;  // kind: "unknown" where no entry matches
  bool passed = false;
  std::string error;  // of what was thrown; empty otherwise
  std::vector<Comparison::Line> lines;
  std::vector<std::string> notes;
  double seconds = 0;
};

struct VerifySummary {
  int64_t cases = 0, failed = 0;
};

// Replays the cases named in `only` (all where empty), in order of name, and reports each as soon as it is done. A
// broken case fails and the others go on. UserError: `only` names a case that the folder lacks, or there is none.
VerifySummary verify_fixtures(const std::filesystem::path& folder, const std::vector<std::string>& only,
                              const std::function<void(const CaseReport&)>& report);

}  // namespace asterism::infer
