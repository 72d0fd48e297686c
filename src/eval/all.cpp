#include "eval/question.h"
#include "eval/questions/calibration.h"
#include "eval/questions/class_posteriors.h"
#include "eval/questions/cross_modal.h"
#include "eval/questions/cube_reconstruction.h"
#include "eval/questions/drawn.h"
#include "eval/questions/gain.h"
#include "eval/questions/hidden_stretches.h"
#include "eval/questions/image_reconstruction.h"
#include "eval/questions/information.h"
#include "eval/questions/joint.h"
#include "eval/questions/joint_calibration.h"
#include "eval/questions/knn.h"
#include "eval/questions/light_curve_reconstruction.h"
#include "eval/questions/linear_probe.h"
#include "eval/questions/mlp_probe.h"
#include "eval/questions/number_reconstruction.h"
#include "eval/questions/photo_z.h"
#include "eval/questions/retrieval.h"
#include "eval/questions/signal_to_noise.h"
#include "eval/questions/spectrum_reconstruction.h"

namespace asterism::eval {
namespace {

template <class Q>
std::unique_ptr<Question> made(const AskOptions& options) {
  return std::make_unique<Q>(options);
}

constexpr Reads kVectors{.vectors = true}, kVectorsOfHalves{.vectors = true, .halves = true},
    kReconstructions{.reconstructions = true};

constexpr QuestionEntry kQuestions[] = {
    // what it was made to say first, then what its vectors know
    {"photo_z", made<PhotoZQuestion>, "predicted redshifts against true ones"},
    {"calibration", made<CalibrationQuestion>, "whether predicted distributions say how sure one can be"},
    {"class_posteriors", made<ClassPosteriorsQuestion>, "predicted probabilities of classes against true ones"},
    {"signal_to_noise", made<SignalToNoiseQuestion>, "redshifts from spectra, by signal-to-noise"},
    {"knn", made<KnnQuestion>, "nearest neighbours by vector, against true properties", kVectors},
    {"linear_probe", made<LinearProbeQuestion>, "linear maps from frozen vectors to true properties", kVectors},
    {"mlp_probe", made<MlpProbeQuestion>, "a small network from frozen vectors to true properties (where asked for)",
     kVectors, true},
    {"cross_modal", made<CrossModalQuestion>, "what is learned from one modality's vectors, asked of another's",
     kVectors},
    {"gain", made<GainQuestion>, "what each further observation adds to the likelihood of the truth"},
    {"joint", made<JointQuestion>, "whether two predicted quantities have one joint distribution"},
    {"joint_calibration", made<JointCalibrationQuestion>, "whether scalars drawn together say how sure one can be"},
    {"drawn",
     made<DrawnQuestion>,
     "images and spectra drawn given something else, pixel by pixel; of any_to_any models, where it is named",
     {.drawn_blocks = true},
     true},
    {"retrieval", made<RetrievalQuestion>, "an object's other observation among many", kVectorsOfHalves},
    {"information", made<InformationQuestion>, "how many nats vectors tell of each other and of the truth", kVectors},
    {"spectrum_reconstruction", made<SpectrumReconstructionQuestion>, "spectra through their tokens and back",
     kReconstructions},
    {"hidden_stretches",
     made<HiddenStretchesQuestion>,
     "stretches of spectra that the model did not see, rebuilt",
     {.hidden = true}},
    {"light_curve_reconstruction", made<LightCurveReconstructionQuestion>,
     "light curves through their tokens, at points that were held back", kReconstructions},
    {"cube_reconstruction", made<CubeReconstructionQuestion>, "spectral cubes through their tokens and back",
     kReconstructions},
    {"image_reconstruction", made<ImageReconstructionQuestion>, "images through their tokens and back",
     kReconstructions},
    {"number_reconstruction", made<NumberReconstructionQuestion>, "scalars and vectors through their tokens and back",
     kReconstructions},
};

}  // namespace

std::span<const QuestionEntry> all_questions() { return kQuestions; }

}  // namespace asterism::eval
