// tools/convert_astroclip.py beside what reads its folders. torch and safetensors are stood in for by a few lines, so
// that neither need be installed: a "checkpoint" is JSON in which {"shape": ...} is a tensor.

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "base/temporary_folder.h"
#include "io/json.h"
#include "nn/scope.h"
#include "tests/where.h"
#include "tiny_astroclip.h"

namespace asterism::models {
namespace {

constexpr const char* kTorch = R"(
import json, math
from . import serialization
float32 = "F32"
class Tensor:
    def __init__(self, table):
        self.shape, self.floating = tuple(table["shape"]), table.get("floating", True)
    def is_floating_point(self): return self.floating
    def numel(self): return math.prod(self.shape)
    def detach(self): return self
    def to(self, dtype):
        assert dtype == float32
        return self
    contiguous = clone = detach
def load(path, map_location, weights_only):
    assert weights_only is True, "nothing of a pickle is run"
    def made(x):
        if not isinstance(x, dict): return x
        return Tensor(x) if "shape" in x else {k: made(v) for k, v in x.items()}
    with open(path) as file: return made(json.load(file))
)";

constexpr const char* kSerialization = R"(
import contextlib
def get_unsafe_globals_in_checkpoint(path): return ["astroclip.models.Head"]
@contextlib.contextmanager
def safe_globals(pairs):
    (made, name), = pairs
    assert name == "astroclip.models.Head" and made.__name__ == "Head"
    made(1, two=2).__setstate__({"a": 1})
    yield
)";

constexpr const char* kSafetensors = R"(
import json, struct
def save_file(tensors, path, metadata):
    header, end = {"__metadata__": metadata}, 0
    for name, tensor in tensors.items():
        header[name] = {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": [end, end + 4 * tensor.numel()]}
        end += 4 * tensor.numel()
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file: file.write(struct.pack("<Q", len(text)) + text + bytes(end))
)";

class ConvertAstroClip : public testing::Test {
 protected:
  ConvertAstroClip() {
    for (const char* package : {"torch", "safetensors"}) std::filesystem::create_directories(folder_ / package);
    std::ofstream(folder_ / "torch/__init__.py") << kTorch;
    std::ofstream(folder_ / "torch/serialization.py") << kSerialization;
    std::ofstream(folder_ / "safetensors/__init__.py") << "";
    std::ofstream(folder_ / "safetensors/torch.py") << kSafetensors;
  }
  // Exit status of the script; what it said is in said_.
  int convert(const nlohmann::json& checkpoint, const std::string& options = "") {
    std::ofstream(folder_ / "checkpoint.pth") << checkpoint.dump();
    const auto in_quotes = [](const std::filesystem::path& path) { return "'" + path.string() + "'"; };
    const auto command =
        "PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=" + in_quotes(folder_.path()) + " python3 " +
        in_quotes(std::filesystem::path(asterism::tests::kSourceFolder) / "tools" / "convert_astroclip.py") + " " +
        in_quotes(folder_ / "checkpoint.pth") + " " + in_quotes(folder_ / "out") + " " + options + " >" +
        in_quotes(folder_ / "said") + " 2>&1";
    const int status = std::system(command.c_str());
    std::stringstream text;
    text << std::ifstream(folder_ / "said").rdbuf();
    said_ = text.str();
    return status;
  }
  nlohmann::json config() const { return io::read_json(folder_ / "out" / "config.json"); }
  base::TemporaryFolder folder_;
  std::string said_;
};

// The tensors of a model, under names that `front` stands before.
nlohmann::json as_checkpoint(const nn::Parameters& parameters, const std::string& front) {
  nlohmann::json out;
  for (const auto& [name, tensor] : parameters.all()) out[front + name] = {{"shape", tensor.sizes().vec()}};
  return out;
}

TEST_F(ConvertAstroClip, ATeacherOfDinoWithRegistersAndPretrainingHeads) {
  VisionTransformerSettings s;
  s.image_size = 28;
  s.width = 64;
  s.depth = 1;
  s.heads = 1;
  s.hidden = 16;
  s.registers = 4;
  nn::Parameters parameters;
  const VisionTransformer model(nn::Scope(parameters, 1), s);
  auto teacher = as_checkpoint(parameters, "backbone.");
  teacher["dino_head.mlp.0.weight"] = {{"shape", {2, 2}}};
  teacher["backbone.count"] = {{"shape", {1}}, {"floating", false}};
  ASSERT_EQ(convert({{"teacher", teacher}, {"iteration", 7}}), 0) << said_;
  EXPECT_EQ(config().at("image"),
            nlohmann::json::object({{"heads", 1}, {"interpolate_offset", 0.0}, {"interpolate_antialias", true}}));
  EXPECT_EQ(config().at("image_input").at("modality").get<std::string>(), "rgb_image") << "patches of 14 see pictures";
  EXPECT_EQ(config().at("image_input").at("resize"), 224);
  const auto loaded = AstroClip::load(folder_ / "out");
  EXPECT_EQ(loaded->settings().image.registers, 4);
  EXPECT_EQ(loaded->settings().image.interpolate_offset, 0);
  EXPECT_TRUE(loaded->settings().image.interpolate_antialias);
  EXPECT_EQ(loaded->modalities(), std::vector<std::string>{"rgb_image"});
  EXPECT_EQ(loaded->parameters().parameters().size(), parameters.parameters().size());
}

TEST_F(ConvertAstroClip, APairOfEncodersWithItsHyperparameters) {
  const AstroClip pair(tiny::astroclip_model());
  const nlohmann::json checkpoint = {
      {"state_dict", as_checkpoint(pair.parameters(), "")},
      {"hyper_parameters", {{"num_heads", 2}, {"slice_overlap", 4}, {"name", "a text is left out"}}}};
  ASSERT_EQ(convert(checkpoint, "--image-heads 2 --pool-heads 2"), 0) << said_;
  EXPECT_NE(said_.find("stand-ins for: astroclip.models.Head"), std::string::npos) << said_;
  EXPECT_EQ(config().at("image"), nlohmann::json::object({{"heads", 2}}));
  EXPECT_EQ(config().at("spectrum"), nlohmann::json::object({{"heads", 2}, {"overlap", 4}}));
  EXPECT_EQ(config().at("pool_heads"), 2);
  EXPECT_EQ(config().at("image_head_residual"), false);
  EXPECT_FALSE(config().contains("image_input")) << "what the program takes by itself";
  const auto loaded = AstroClip::load(folder_ / "out");
  EXPECT_EQ(loaded->width(), 12);
  EXPECT_EQ(loaded->settings().spectrum.overlap, 4);
  EXPECT_FALSE(loaded->settings().image_positions) << "as released";
  EXPECT_EQ(loaded->parameters().parameters().size(), pair.parameters().parameters().size());
}

TEST_F(ConvertAstroClip, AFileWithoutAnEncoderIsRefused) {
  EXPECT_NE(convert({{"state_dict", {{"conv1.weight", {{"shape", {3, 3}}}}}}}), 0);
  EXPECT_NE(said_.find("no encoder of this family"), std::string::npos) << said_;
  EXPECT_FALSE(std::filesystem::exists(folder_ / "out"));
}

}  // namespace
}  // namespace asterism::models
