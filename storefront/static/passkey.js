// Passkeys, on the pages where somebody may use or make one. Forms that ask for one have in
// data-challenge where to get what the browser is asked; style.css hides them until this runs.
{
  const bytes = (text) =>
    Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
  const text = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer)))
      .replace(/[+]/g, "-").replace(/[/]/g, "_").replace(/=/g, "");

  // What goes over the line is base64url where the browser has bytes (WebAuthn level 3, 5.1).
  const asked = (options) => {
    options.challenge = bytes(options.challenge);
    if (options.user) options.user.id = bytes(options.user.id);
    for (const list of [options.excludeCredentials, options.allowCredentials])
      for (const one of list || []) one.id = bytes(one.id);
    return options;
  };
  const answered = (credential) => {
    const response = {};
    for (const part of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"])
      if (credential.response[part]) response[part] = text(credential.response[part]);
    const { id, type } = credential;
    return JSON.stringify({ id, rawId: text(credential.rawId), type, response, clientExtensionResults: {} });
  };

  const ask = async (form) => {
    const answer = await fetch(form.dataset.challenge);
    if (!answer.ok) throw new Error(answer.status);
    const { options, ticket } = await answer.json();
    const publicKey = asked(options), verb = options.user ? "create" : "get";
    const credential = await navigator.credentials[verb]({ publicKey });
    form.elements.credential.value = answered(credential);
    form.elements.ticket.value = ticket;
    form.submit();
  };
  const said = {
    NotAllowedError: "No passkey was given. You can try again, or take the other way.",
    InvalidStateError: "This device has a passkey for this account already.",
  };

  document.addEventListener("submit", (event) => {
    const form = event.target.closest("[data-challenge]");
    if (!form) return;
    event.preventDefault();
    const trouble = form.querySelector("[role=alert]");
    trouble.textContent = "";
    ask(form).catch((error) => {
      trouble.textContent = said[error.name] || "That did not work. Reload the page and try again.";
    });
  });
  if (window.PublicKeyCredential) document.documentElement.dataset.passkeys = "";
}
