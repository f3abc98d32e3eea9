// The style sheet has our own signs of waiting; the content policy refuses any other.
htmx.config.includeIndicatorCSS = false;

// When a request gets no answer, say so where messages stand: htmx alone would say nothing.
document.addEventListener("htmx:error", () => {
  document.getElementById("message").innerHTML =
    '<p class="notice">The shop did not answer. Please try again.</p>';
});

// A swap puts new elements where old ones were. Facets that stood open stay open, and what had the
// focus gets it again, found by name and value; where it is gone, the part it stood in takes it.
{
let had, part, open;
document.addEventListener("htmx:before:swap", () => {
  had = document.activeElement;
  part = had.closest("main [id]")?.id;
  open = [...document.querySelectorAll(".facets [open] > summary")].map((one) => one.textContent);
});
document.addEventListener("htmx:after:swap", () => {
  for (const one of document.querySelectorAll(".facets summary"))
    one.parentElement.open ||= open.includes(one.textContent);
  if (had.isConnected || document.activeElement !== document.body) return;
  const same = [...document.getElementsByName(had.name)].find((one) => one.value === had.value);
  part = document.getElementById(part);
  part?.setAttribute("tabindex", "-1");
  (same || part)?.focus();
});
}
