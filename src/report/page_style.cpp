#include "report/page_style.h"

namespace asterism::report {

namespace {

constexpr const char* kStyle = R"css(
:root {
  color-scheme: light dark;
  --paper: #fdfdfb; --ink: #1c2127; --muted: #667180; --rule: #dfe2e6; --panel: #f5f6f7; --accent: #b3361d; --link: #1f5fa8;
  --serif: Charter, "Bitstream Charter", "Iowan Old Style", "Palatino Linotype", Georgia, "DejaVu Serif", serif;
  --sans: system-ui, -apple-system, "Segoe UI", "Helvetica Neue", Arial, "DejaVu Sans", sans-serif;
  --mono: ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace;
}
@media (prefers-color-scheme: dark) {
  :root { --paper: #14171b; --ink: #e3e6ea; --muted: #98a3af; --rule: #2d333b; --panel: #1b1f25; --accent: #ef8b6a; --link: #7db3ea; }
}
* { box-sizing: border-box; }
html { scroll-behavior: smooth; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 17px/1.55 var(--serif); }
.page { max-width: 1020px; margin: 0 auto; padding: 56px 28px 96px; }
header { border-bottom: 1px solid var(--rule); padding-bottom: 20px; margin-bottom: 8px; }
h1 { font-size: 34px; line-height: 1.2; font-weight: 600; margin: 0; letter-spacing: -0.01em; text-wrap: balance; }
.subtitle { color: var(--muted); font-size: 19px; margin: 8px 0 0; max-width: 44em; }
nav { font: 14px/1.5 var(--sans); margin: 16px 0 0; }
nav ol { list-style: none; display: flex; flex-wrap: wrap; gap: 2px 20px; margin: 0; padding: 0; counter-reset: nav; }
nav a { color: var(--link); text-decoration: none; }
nav a:hover { text-decoration: underline; }
section { margin-top: 56px; }
h2 { font-size: 25px; line-height: 1.25; font-weight: 600; margin: 0 0 12px; scroll-margin-top: 16px; }
h3 { font-size: 19px; font-weight: 600; margin: 36px 0 8px; }
p { margin: 0 0 14px; max-width: 44em; }
code { font: 0.84em var(--mono); background: var(--panel); padding: 1px 4px; border-radius: 3px; }
pre { font: 14px/1.5 var(--mono); background: var(--panel); border-left: 2px solid var(--rule); padding: 12px 16px; margin: 16px 0; overflow-x: auto; }
.note { border-left: 2px solid var(--accent); padding: 2px 0 2px 16px; margin: 18px 0; max-width: 44em; color: var(--muted); }
.note p:last-child { margin: 0; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 3px 20px; font: 14.5px/1.5 var(--sans); margin: 16px 0; }
dt { color: var(--muted); }
dd { margin: 0; overflow-wrap: anywhere; font-variant-numeric: tabular-nums; }
figure { margin: 24px 0; }
.caption { font: 14px/1.5 var(--sans); color: var(--muted); max-width: 56em; }
.caption b { color: var(--ink); font-weight: 600; }
.drawn h4 { font: 600 15px/1.4 var(--sans); margin: 0 0 2px; }
.drawn .caption { margin-top: 4px; }
.plot { width: 100%; }
.plot .modebar-container { opacity: 0; transition: opacity 0.2s; }
.plot:hover .modebar-container { opacity: 1; }
sup { font-size: 0.72em; line-height: 0; }
.side { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 430px), 1fr)); gap: 8px 36px; align-items: start; }
.side > figure { margin: 12px 0; min-width: 0; }
.side > .wide { grid-column: 1 / -1; }
.table .caption { margin-bottom: 8px; }
.scroll { overflow-x: auto; width: max-content; max-width: calc(50vw + 465px); min-width: 100%; }
table { border-collapse: collapse; font: 14.5px/1.45 var(--sans); font-variant-numeric: tabular-nums lining-nums; border-top: 1.5px solid var(--ink); border-bottom: 1.5px solid var(--ink); }
thead th { border-bottom: 1px solid var(--muted); }
th { text-align: left; font-weight: 600; padding: 6px 16px 6px 0; vertical-align: bottom; }
th small { display: block; font-weight: 400; color: var(--muted); font-size: 12.5px; }
td { padding: 4px 16px 4px 0; vertical-align: baseline; }
th:last-child, td:last-child { padding-right: 2px; }
th.number, td.number { text-align: right; white-space: nowrap; }
td .whole, td .part { display: inline-block; white-space: pre; }
td .whole { text-align: right; }
td .part { text-align: left; }
td .missing { color: var(--muted); }
tbody tr + tr td { border-top: 1px solid var(--rule); }
tr.strong td { background: var(--panel); }
tr.strong td:first-child { font-weight: 650; }
.gallery .row { display: flex; gap: 14px; align-items: flex-start; margin-bottom: 10px; }
.gallery .label { flex: 0 0 9.5em; font: 13px/1.4 var(--sans); color: var(--muted); padding-top: 4px; overflow-wrap: anywhere; }
.gallery .tiles { display: flex; flex-wrap: wrap; gap: 10px; min-width: 0; }
.gallery.lines .tiles { flex-wrap: nowrap; overflow-x: auto; padding: 3px; margin: -3px; }
.tile { margin: 0; flex: 0 0 var(--tile); width: var(--tile); font: 12.5px/1.35 var(--sans); }
.tile img { display: block; width: 100%; height: auto; background: #0d0f12; }
.tile img.small { image-rendering: pixelated; }
.tile.marked img { outline: 2px solid var(--accent); outline-offset: 1px; }
.tile figcaption { margin-top: 4px; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
.tile small { display: block; color: var(--muted); font-size: 11.5px; }
footer { margin-top: 72px; border-top: 1px solid var(--rule); padding-top: 12px; font: 13px/1.5 var(--sans); color: var(--muted); }
@media (max-width: 1100px) { .scroll { max-width: 100%; } }
@media (max-width: 620px) { .gallery .row { display: block; } body { font-size: 16px; } h1 { font-size: 27px; } }
@media print {
  :root { --paper: #fff; --ink: #000; --muted: #444; --rule: #bbb; --panel: #f3f3f3; }
  .page { padding: 0; max-width: none; } nav { display: none; } section, figure { break-inside: avoid-page; }
}
)css";

constexpr const char* kScript = R"js(
(function () {
  "use strict";
  var light = { ink: "#1c2127", muted: "#7a8491", grid: "#ebedf0", paper: "#fdfdfb", accent: "#b3361d",
    series: ["#2f6db3", "#cf5c36", "#2b9273", "#8558ad", "#c08a14", "#b24a78"],
    density: [[0, "#d6e2f0"], [0.35, "#86aed6"], [0.7, "#3873b3"], [1, "#10305a"]],
    diverging: [[0, "#21599f"], [0.25, "#86aed6"], [0.5, "#f7f6f4"], [0.75, "#e39a80"], [1, "#a8231f"]] };
  var dark = { ink: "#e3e6ea", muted: "#8e99a6", grid: "#262b32", paper: "#14171b", accent: "#ef8b6a",
    series: ["#6ea8e6", "#ee8d66", "#5cc3a0", "#b595da", "#e0b354", "#df86ad"],
    density: [[0, "#1d3550"], [0.35, "#2f6397"], [0.7, "#6ea8e6"], [1, "#e6f1fc"]],
    diverging: [[0, "#7db3ea"], [0.25, "#33618f"], [0.5, "#22262c"], [0.75, "#94472f"], [1, "#f49a78"]] };
  var sequential = [[0, "#440154"], [0.13, "#472d7b"], [0.25, "#3b528b"], [0.38, "#2c728e"], [0.5, "#21918c"], [0.63, "#28ae80"],
    [0.75, "#5ec962"], [0.88, "#addc30"], [1, "#f0e13c"]];
  var scheme = window.matchMedia("(prefers-color-scheme: dark)");

  function colour(name, theme) {
    var parts = name.slice(1).split("/"), base = parts[0];
    if (base === "sequential") return sequential;
    if (base === "density") return theme.density;
    if (base === "diverging") return theme.diverging;
    var hex = base.indexOf("series") === 0 ? theme.series[+base.slice(6)] : theme[base];
    if (parts.length === 1) return hex;
    var v = parseInt(hex.slice(1), 16);
    return "rgba(" + (v >> 16) + "," + (v >> 8 & 255) + "," + (v & 255) + "," + parts[1] + ")";
  }
  function coloured(value, theme, key) {
    if (typeof value === "string") {
      return value[0] === "@" && /^(color|bgcolor|fillcolor|colorscale)$/.test(key) ? colour(value, theme) : value;
    }
    if (Array.isArray(value)) return typeof value[0] === "object" ? value.map(function (v) { return coloured(v, theme, ""); }) : value;
    if (value && typeof value === "object") {
      var out = {};
      Object.keys(value).forEach(function (k) { out[k] = coloured(value[k], theme, k); });
      return out;
    }
    return value;
  }
  function framed(axis, theme) {
    var frame = { showline: true, mirror: "allticks", linecolor: theme.muted, linewidth: 1, ticks: "inside", ticklen: 5, tickcolor: theme.muted,
      minor: { ticks: "inside", ticklen: 2.5, tickcolor: theme.muted }, showgrid: false, zeroline: false, exponentformat: "power",
      minexponent: 5, automargin: true, tickfont: { size: axis.type === "log" ? 11 : 12 }, separatethousands: true };
    if (axis.type === "log") { frame.dtick = 1; frame.minor = { ticks: "inside", ticklen: 2.5, tickcolor: theme.muted, dtick: "D1" }; }
    var given = axis.range;
    if (axis.type === "log" && given && Math.abs(given[1] - given[0]) < 1.6) frame.dtick = "D2";
    if (axis.title) axis.title.font = { size: 13 };
    return Object.assign(frame, axis);
  }
  function draw(box) {
    var theme = scheme.matches ? dark : light, spec = JSON.parse(box.querySelector("script").textContent);
    var layout = coloured(spec.layout, theme, ""), sans = getComputedStyle(document.documentElement).getPropertyValue("--sans");
    layout.xaxis = framed(layout.xaxis, theme); layout.yaxis = framed(layout.yaxis, theme);
    if (layout.yaxis2) layout.yaxis2 = framed(layout.yaxis2, theme);
    layout = Object.assign({ margin: { l: 56, r: 12, t: layout.showlegend ? 34 : 12, b: 46 }, paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
      font: { family: sans, size: 13, color: theme.ink }, hovermode: "closest", dragmode: "zoom", colorway: theme.series,
      legend: { orientation: "h", x: 0, y: 1.01, xanchor: "left", yanchor: "bottom", font: { size: 12.5 }, bgcolor: "rgba(0,0,0,0)", itemsizing: "constant" },
      modebar: { bgcolor: theme.paper, color: theme.muted, activecolor: theme.ink },
      hoverlabel: { font: { family: sans, size: 12 }, align: "left" } }, layout);
    if (!layout.margin.t || layout.showlegend) layout.margin.t = Math.max(layout.margin.t, 34);
    var target = box.querySelector(".target");
    Plotly.react(target, coloured(spec.data, theme, ""), layout, { displaylogo: false, responsive: true,
      modeBarButtonsToRemove: ["select2d", "lasso2d", "autoScale2d"], toImageButtonOptions: { format: "svg" } });
    box.dataset.drawn = "1";
  }
  var boxes = Array.prototype.slice.call(document.querySelectorAll(".plot"));
  function redraw() { boxes.forEach(function (box) { if (box.dataset.drawn) draw(box); }); }
  if (scheme.addEventListener) scheme.addEventListener("change", redraw);
  window.addEventListener("beforeprint", function () { boxes.forEach(function (box) { if (!box.dataset.drawn) draw(box); }); });
  if (!("IntersectionObserver" in window)) { boxes.forEach(draw); return; }
  var watcher = new IntersectionObserver(function (entries) {
    entries.forEach(function (entry) {
      if (!entry.isIntersecting) return;
      watcher.unobserve(entry.target);
      draw(entry.target);
    });
  }, { rootMargin: "800px 0px" });
  boxes.forEach(function (box) { watcher.observe(box); });
})();
)js";

}  // namespace

const char* page_style() { return kStyle; }
const char* page_script() { return kScript; }

}  // namespace asterism::report
