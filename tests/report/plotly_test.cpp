#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "report/figure.h"

namespace asterism::report {
namespace {

using nlohmann::json;

json drawn(const Figure& figure) { return json::parse(to_plotly_json(figure)); }

TEST(Plotly, LinesWithGapsAndUnits) {
  Figure figure;
  figure.x = {.label = "wavelength", .unit = "Angstrom"};
  figure.y = {.label = "flux", .unit = "10^-17 erg", .log = true, .low = 0.1, .high = 1000.};
  figure.add(Line{.x = {1, 2, 3}, .y = {1, std::nan(""), -3}, .name = "a<b", .steps = true});
  const json j = drawn(figure);
  EXPECT_EQ(j["data"][0]["y"], json::parse("[1,null,null]"));  // below zero has no logarithm
  EXPECT_EQ(j["data"][0]["name"], "a&lt;b");
  EXPECT_EQ(j["data"][0]["line"]["shape"], "hvmid");
  EXPECT_EQ(j["data"][0]["line"]["color"], "@series0");
  EXPECT_EQ(j["layout"]["yaxis"]["range"], json::parse("[-1,3]"));
  EXPECT_EQ(j["layout"]["yaxis"]["title"]["text"], "flux [10<sup>\u221217</sup> erg]");
  EXPECT_EQ(j["layout"]["showlegend"], true);
}

TEST(Plotly, PointsWithColoursErrorsAndHover) {
  Figure figure;
  figure.y.reversed = true;
  figure.add(Scatter{.x = {1, 2},
                     .y = {3, 4},
                     .value = {0.5, std::nan("")},
                     .value_label = "z",
                     .hover = {"<b>one</b>", "two\nlines"},
                     .y_error = {0.1, 0.2}});
  const json j = drawn(figure);
  EXPECT_EQ(j["data"][0]["marker"]["color"], json::parse("[0.5,null]"));
  EXPECT_EQ(j["data"][0]["marker"]["colorbar"]["exponentformat"], "power");
  EXPECT_EQ(j["data"][0]["text"], (json{"&lt;b&gt;one&lt;/b&gt;", "two<br>lines"}));
  EXPECT_EQ(j["data"][0]["error_y"]["array"], json::parse("[0.1,0.2]"));
  EXPECT_EQ(j["layout"]["yaxis"]["autorange"], "reversed");
  EXPECT_EQ(j["layout"]["showlegend"], false);
}

TEST(Plotly, HistogramOutlineReturnsToZero) {
  Figure figure;
  figure.add(Histogram{.edges = {0, 1, 2}, .counts = {3, 5}});
  const json j = drawn(figure);
  EXPECT_EQ(j["data"][0]["x"], json::parse("[0,0,1,2]"));
  EXPECT_EQ(j["data"][0]["y"], json::parse("[0,3,5,0]"));
  EXPECT_EQ(j["layout"]["yaxis"]["rangemode"], "tozero");
}

TEST(Plotly, EmptyBinsOnALogarithmicAxisLieBelowTheLeastCount) {
  Figure figure;
  figure.y.log = true;
  figure.add(Histogram{.edges = {0, 1, 2, 3}, .counts = {4, 0, 2}});
  const json j = drawn(figure);
  EXPECT_EQ(j["data"][0]["y"], json::parse("[0.2,4,0.2,2,0.2]"));
  EXPECT_GT(j["layout"]["yaxis"]["range"][0], std::log10(0.2));  // and outside of what is drawn
  EXPECT_LT(j["layout"]["yaxis"]["range"][0], std::log10(2));
  EXPECT_GT(j["layout"]["yaxis"]["range"][1], std::log10(4));
}

TEST(Plotly, BandsBreakAtMissingValues) {
  Figure figure;
  figure.add(Band{.x = {0, 1, 2, 3}, .low = {0, 0, std::nan(""), 0}, .high = {1, 1, 1, 1}});
  EXPECT_EQ(drawn(figure)["data"][0]["x"], json::parse("[0,1,1,0,null,3,3]"));
}

TEST(Plotly, HeatmapsAndLabels) {
  Figure figure;
  figure.x.log = true;
  figure.add(Heatmap{.x = {1, 10}, .y = {0, 1, 2}, .z = {1, 2, 3, 4, 5, std::nan("")}, .diverging = true});
  figure.add(Label{.x = 100, .text = "H alpha", .at_top = true});
  const json j = drawn(figure);
  EXPECT_EQ(j["data"][0]["z"], json::parse("[[1,2],[3,4],[5,null]]"));
  EXPECT_EQ(j["data"][0]["colorscale"], "@diverging");
  EXPECT_EQ(j["layout"]["annotations"][0]["x"], 2);  // annotations by the logarithm
  EXPECT_EQ(j["layout"]["shapes"][0]["x0"], 100);    // shapes by the value
}

TEST(Plotly, LengthsMustAgree) {
  const auto refuses = [](Mark mark) {
    Figure figure;
    figure.add(std::move(mark));
    EXPECT_THROW(to_plotly_json(figure), base::UserError);
  };
  refuses(Line{.x = {1}, .y = {}});
  refuses(Scatter{.x = {1}, .y = {1}, .value = {1, 2}});
  refuses(Scatter{.x = {1}, .y = {1}, .hover = {"a", "b"}});
  refuses(Histogram{.edges = {0, 1}, .counts = {1, 2}});
  refuses(Histogram{});
  refuses(Band{.x = {1}, .low = {1}, .high = {}});
  refuses(Heatmap{.x = {1}, .y = {1}, .z = {}});
  Figure half;
  half.x.low = 1;
  EXPECT_THROW(to_plotly_json(half), base::UserError);
}

TEST(Plotly, APanelBelowSharesTheXAxis) {
  Figure figure;
  figure.y.log = true;
  figure.add(Line{.x = {1, 2}, .y = {10, -1}});
  Panel panel;
  panel.y = {.label = "residual", .unit = "sigma", .low = -5, .high = 5};
  panel.marks.emplace_back(Line{.x = {1, 2}, .y = {-3, 4}});
  panel.marks.emplace_back(Label{.x = 1, .y = 2, .text = "sky line"});
  panel.share = 0.25;
  figure.below = panel;
  const json j = drawn(figure);
  ASSERT_EQ(j["data"].size(), 2u);
  EXPECT_FALSE(j["data"][0].contains("yaxis"));
  EXPECT_EQ(j["data"][0]["y"], json::parse("[10,null]"));  // the upper axis is logarithmic, the lower is not
  EXPECT_EQ(j["data"][1]["yaxis"], "y2");
  EXPECT_EQ(j["data"][1]["y"], json::parse("[-3,4]"));
  EXPECT_EQ(j["layout"]["annotations"][0]["yref"], "y2");
  EXPECT_EQ(j["layout"]["annotations"][0]["y"], 2);
  EXPECT_EQ(j["layout"]["yaxis2"]["domain"], json::parse("[0,0.25]"));
  EXPECT_EQ(j["layout"]["yaxis2"]["range"], json::parse("[-5,5]"));
  EXPECT_EQ(j["layout"]["yaxis"]["domain"], json::parse("[0.29,1]"));
  EXPECT_EQ(j["layout"]["xaxis"]["anchor"], "y2");
  figure.below.reset();
  EXPECT_FALSE(drawn(figure)["layout"].contains("yaxis2"));
}

TEST(Plotly, WhatAPanelBelowCannotHoldIsRefused) {
  Figure figure;
  figure.below.emplace();
  EXPECT_NO_THROW(to_plotly_json(figure));
  for (const double share : {0.0, 0.95, std::nan("")}) {
    figure.below->share = share;
    EXPECT_THROW(to_plotly_json(figure), base::UserError) << share;
  }
  figure.below.emplace().marks.emplace_back(Histogram{.edges = {0, 1}, .counts = {1}});
  EXPECT_THROW(to_plotly_json(figure), base::UserError);
  figure.below.emplace();
  figure.equal_axes = true;
  EXPECT_THROW(to_plotly_json(figure), base::UserError);
}

TEST(Plotly, ManyPointsGoToWebGl) {
  Figure figure;
  figure.add(Scatter{.x = std::vector<double>(10001), .y = std::vector<double>(10001)});
  EXPECT_EQ(drawn(figure)["data"][0]["type"], "scattergl");
}

}  // namespace
}  // namespace asterism::report
