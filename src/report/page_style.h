#pragma once
// The page's own style sheet and script, as text.

namespace asterism::report {

// CSS: light and dark scheme, print.
const char* page_style();

// JavaScript after plotly.js: draws every <div class="plot"> from the JSON in it, when it comes near the window, in the
// colours of the scheme; draws again when the scheme changes.
const char* page_script();

}  // namespace asterism::report
