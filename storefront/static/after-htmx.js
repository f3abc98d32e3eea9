// The style sheet has our own signs of waiting; the content policy refuses any other.
htmx.config.includeIndicatorCSS = false;

// When a request gets no answer, say so where messages stand: htmx alone would say nothing.
addEventListener("htmx:error", () => {
  document.getElementById("message").innerHTML =
    '<p class="notice">No answer. Try again.</p>';
});

// What is being sent counts: the answer to a choice made before shall not come after it.
addEventListener("submit", e =>
  e.target.querySelector("[hx-get]")?.dispatchEvent(new Event("htmx:abort")));

// A swap puts new elements where old ones were. Facets that stood open stay open, and what had the
// focus (n) gets it again, found by name and value; where it is gone, the part it stood in (r) takes
// it. The names are letters that htmx has as well: compressed with it, they weigh less.
{
let n, r, open;
addEventListener("htmx:before:swap", () => {
  n = document.activeElement;
  r = n.closest("main [id]")?.id;
  open = [...document.querySelectorAll(".facets [open] > summary")].map(e => e.textContent);
});
addEventListener("htmx:after:swap", () => {
  for (const e of document.querySelectorAll(".facets summary"))
    e.parentElement.open ||= open.includes(e.textContent);
  if (n.isConnected || document.activeElement !== document.body) return;
  const s = [...document.getElementsByName(n.name)].find(e => e.value === n.value);
  r = document.getElementById(r);
  r?.setAttribute("tabindex", "-1");
  (s || r)?.focus();
});
}
