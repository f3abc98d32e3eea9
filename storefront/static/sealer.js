// Seals a card in the page, so that no server on the way sees it: docs/handoff.md, "Sealing".
// HPKE (RFC 9180), base mode: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM, by WebCrypto.
"use strict";

const bytes = (text) => new TextEncoder().encode(text);
const join = (...parts) => new Uint8Array(parts.flatMap((part) => [...part]));
const b64u = (raw) =>
  btoa(String.fromCharCode(...raw)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
const unb64u = (text) =>
  Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));

const KEM = join(bytes("KEM"), [0, 0x20]);
const SUITE = join(bytes("HPKE"), [0, 0x20, 0, 1, 0, 2]);
const NO_SALT = new Uint8Array(32); // HMAC fills an empty key with zeros; WebCrypto refuses one.

const newKeys = async () => crypto.subtle.generateKey("X25519", false, ["deriveBits"]);

async function hmac(key, ...parts) {
  const how = { name: "HMAC", hash: "SHA-256" };
  const ready = await crypto.subtle.importKey("raw", key, how, false, ["sign"]);
  return new Uint8Array(await crypto.subtle.sign("HMAC", ready, join(...parts)));
}

// LabeledExtract and LabeledExpand (section 4), the latter for 32 bytes at most: one round.
const extract = (suite, salt, label, secret) =>
  hmac(salt, bytes("HPKE-v1"), suite, bytes(label), secret);
const expand = async (suite, secret, label, info, length) =>
  (await hmac(secret, [0, length], bytes("HPKE-v1"), suite, bytes(label), info, [1]))
    .slice(0, length);

// `enc ‖ ct` (sections 4.1, 5.1 and 5.2). All arguments are bytes.
async function seal(publicKey, info, plaintext) {
  const { subtle } = crypto;
  const theirs = await subtle.importKey("raw", publicKey, "X25519", false, []);
  const ours = await newKeys();
  const enc = new Uint8Array(await subtle.exportKey("raw", ours.publicKey));
  const dh = await subtle.deriveBits({ name: "X25519", public: theirs }, ours.privateKey, 256);
  const prk = await extract(KEM, NO_SALT, "eae_prk", new Uint8Array(dh));
  const shared = await expand(KEM, prk, "shared_secret", join(enc, publicKey), 32);

  const context = join(
    [0], // base mode
    await extract(SUITE, NO_SALT, "psk_id_hash", []),
    await extract(SUITE, NO_SALT, "info_hash", info),
  );
  const secret = await extract(SUITE, shared, "secret", []);
  const key = await expand(SUITE, secret, "key", context, 32);
  const iv = await expand(SUITE, secret, "base_nonce", context, 12);
  const aes = await subtle.importKey("raw", key, "AES-GCM", false, ["encrypt"]);
  return join(enc, new Uint8Array(await subtle.encrypt({ name: "AES-GCM", iv }, aes, plaintext)));
}

// The card, sealed to the exact bytes of the offer, always from 128 bytes.
async function sealCard(pan, exp, offer, publicKey) {
  const digest = b64u(new Uint8Array(await crypto.subtle.digest("SHA-256", offer)));
  const plaintext = new Uint8Array(128);
  plaintext.set(bytes(JSON.stringify({ exp, offer_sha256: digest, pan })));
  return seal(publicKey, join(bytes("storefront-card/1\0"), offer), plaintext);
}

// The rules of seal.py: the card, and for each field the name of what is wrong with it, if anything.
function check(number, expiry, today) {
  const pan = number.replace(/[\s\-\u2010-\u2015]/g, "");
  const found = expiry.trim().match(/^(\d{1,2})\s*[/-]\s*(?:20)?(\d\d)$|^(\d\d)(\d\d)$/) || [];
  const month = Number(found[1] || found[3]);
  const exp = `20${found[2] || found[4]}-${String(month).padStart(2, "0")}`;
  const luhn = [...pan].reverse().reduce((sum, digit, at) => {
    const value = Number(digit) * (1 + (at % 2));
    return sum + (value > 9 ? value - 9 : value);
  }, 0);
  const wrong = {
    "cc-number":
      (!pan && "missing") ||
      (/[^0-9]/.test(pan) && "digits") ||
      ((pan.length < 12 || pan.length > 19) && "length") ||
      (luhn % 10 && "luhn"),
    "cc-exp":
      (!found[0] && "form") ||
      ((month < 1 || month > 12) && "month") ||
      (exp < today && "past"),
  };
  return { pan, exp, wrong };
}

function element(tag, attributes, ...inside) {
  const made = document.createElement(tag);
  for (const name in attributes) made.setAttribute(name, attributes[name]);
  made.append(...inside);
  return made;
}

function takeOver(place) {
  // The form for browsers without script, but for the names: what has no name is not sent.
  const markup = new DOMParser().parseFromString(
    place.querySelector("noscript").textContent, "text/html");
  const form = markup.querySelector("form");
  const inputs = ["cc-number", "cc-exp"].map((id) => markup.getElementById(id));
  inputs.forEach((input) => input.removeAttribute("name"));
  const sealed = element("input", { type: "hidden", name: "sealed" });
  form.querySelector("[data-sealed-here]").textContent = place.dataset.sealedHere;
  form.append(sealed);
  place.append(form);

  const empty = () => inputs.forEach((input) => (input.value = ""));
  function giveUp() {
    empty();
    form.remove(); // without which the style sheet shows the way on
    document.querySelector("#way-on a")?.focus();
  }

  let summary;
  function show(wrong) {
    summary?.remove();
    const list = element("ul");
    for (const input of inputs) {
      const { id } = input;
      const sentence = place.dataset[wrong[id]];
      document.getElementById(`${id}-error`)?.remove();
      input.removeAttribute("aria-invalid");
      input.setAttribute("aria-describedby", `${id}-hint`);
      if (!sentence) continue;
      input.setAttribute("aria-invalid", "true");
      input.setAttribute("aria-describedby", `${id}-hint ${id}-error`);
      input.after(element("p", { class: "error", id: `${id}-error` }, sentence));
      list.append(element("li", {}, element("a", { href: `#${id}` }, sentence)));
    }
    document.title = document.title.replace(/^(Error: )?/, list.firstChild ? "Error: " : "");
    if (!list.firstChild) return false;
    summary = element("div", { class: "notice", role: "alert", tabindex: -1 },
      element("h2", {}, place.dataset.heading), list);
    form.before(summary);
    summary.focus();
    return true;
  }

  let busy = false;
  form.addEventListener("input", () => (sealed.value = ""));
  form.addEventListener("submit", async (event) => {
    if (sealed.value) return; // pressed again: the same bytes go out, the same receipt comes back
    event.preventDefault();
    if (busy) return;
    const card = check(...inputs.map((input) => input.value), place.dataset.today);
    if (show(card.wrong)) return;
    busy = true;
    try {
      const offer = unb64u(form.elements.offer.value.split(".")[0]);
      sealed.value = b64u(await sealCard(card.pan, card.exp, offer, unb64u(place.dataset.key)));
      empty();
      form.submit();
    } catch {
      giveUp();
    }
    busy = false;
  });
  newKeys().catch(giveUp); // a browser without X25519
  addEventListener("pageshow", (event) => event.persisted && location.reload());
}

const place = document.getElementById("sealer");
if (place) takeOver(place);
