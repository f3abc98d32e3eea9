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
  const number = /^[1-9]$/.test(e.key), radio = number && e.target.type === "radio";
  if (e.target.matches("textarea, select, input") && !radio) return;
  const does = number ? () => choose(e.key) : keys[e.key];
  if (!does || (e.repeat && !"jk".includes(e.key))) return;
  e.preventDefault();
  does();
});

// A card that was decided gives the focus, which htmx may have put back on it, to the next that
// waits, or to the way on. One that could not be keeps it: at its reasons, or as a whole.
let had;
addEventListener("htmx:before:swap", () => had = here()?.id);
addEventListener("htmx:after:swap", () => {
  const has = document.activeElement, all = cards(), from = all.findIndex((one) => one.id === had);
  if (from < 0 || (has !== document.body && has !== all[from])) return;
  const waits = (one) => "open" in one.dataset, mine = all[from];
  const next = all.slice(from).find(waits) || document.getElementById("further");
  ((waits(mine) && mine.querySelector("[open] [type=radio]")) || next).focus();
});
}
