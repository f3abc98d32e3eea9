// Single keys in the queue of testimonials, as its page lists them; everything goes without them.
// They are for the card that has the focus, so that nothing is decided which nobody looks at.
{
const here = () => document.activeElement.closest(".case");
const cards = () => [...document.querySelectorAll(".case")];
const step = (by) => {
  const all = cards(), card = here();
  all[card ? all.indexOf(card) + by : 0]?.focus();
};
const reasons = () => here()?.querySelector("details");
const choose = (n) => {
  const one = reasons()?.open && reasons().querySelectorAll("[type=radio]")[n - 1];
  if (one) {
    one.checked = true;
    one.focus();
  }
};
const keys = {
  j: () => step(1),
  k: () => step(-1),
  a: () => here()?.querySelector("[data-approve]")?.click(),
  r: () => {
    if (!reasons()) return;
    reasons().open = true;
    (reasons().querySelector(":checked") || reasons().querySelector("[type=radio]")).focus();
  },
  "?": () => {
    const list = document.getElementById("keys");
    list.open = !list.open;
    list.querySelector("summary").focus();
  },
};
addEventListener("keydown", (e) => {
  if (!document.querySelector("#keys[data-on]") || e.ctrlKey || e.altKey || e.metaKey) return;
  if (e.target.matches("textarea, select, input:not([type=radio])")) return;
  const stepping = "jk".includes(e.key);
  const does = keys[e.key] || (/^[1-9]$/.test(e.key) && (() => choose(e.key)));
  if (!does || (e.repeat && !stepping)) return;
  e.preventDefault();
  does();
});

// A card that was decided gives the focus to the next that waits, or to the way on.
let had;
addEventListener("htmx:before:swap", () => had = here()?.id);
addEventListener("htmx:after:swap", () => {
  if (!had || document.activeElement !== document.body) return;
  const all = cards(), from = all.findIndex((card) => card.id === had);
  if (from < 0 || "open" in all[from].dataset) return;
  const next = all.slice(from).find((card) => "open" in card.dataset);
  (next || document.getElementById("further")).focus();
});
}
