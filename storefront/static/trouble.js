// When a request gets no answer, say so where messages stand: htmx alone would say nothing.
document.addEventListener("htmx:error", () => {
  document.getElementById("message").innerHTML =
    '<p class="notice">We could not reach the shop. Please check your connection and try again.</p>';
});

// A swap puts new elements where old ones were. Facets that stood open stay open, and what had the
// focus gets it again, found by name and value; where it is gone, the part it stood in takes it.
let kept;
document.addEventListener("htmx:before:swap", () => {
  const had = document.activeElement;
  kept = {
    had,
    part: had.closest("main [id]"),
    open: [...document.querySelectorAll(".facets [open] > summary")].map((one) => one.textContent),
  };
});
document.addEventListener("htmx:after:swap", () => {
  for (const one of document.querySelectorAll(".facets summary"))
    one.parentElement.open ||= kept.open.includes(one.textContent);
  if (kept.had.isConnected || document.activeElement !== document.body) return;
  const same = [...document.getElementsByName(kept.had.name)].find((one) => one.value === kept.had.value);
  const part = document.getElementById(kept.part?.id);
  part?.setAttribute("tabindex", "-1");
  (same || part)?.focus();
});
