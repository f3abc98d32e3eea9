// <shop-testimonials> around a frame of testimonials: the frame becomes as high as its content.
// Without this script the frame is complete, has a fixed height and scrolls.
customElements.get("shop-testimonials") || customElements.define("shop-testimonials", class extends HTMLElement {
  connectedCallback() {
    addEventListener("message", this);
    this.ask();
  }

  disconnectedCallback() {
    removeEventListener("message", this);
  }

  // The frame may have told its height before anybody listened.
  ask() {
    const frame = this.querySelector("iframe");
    frame?.contentWindow?.postMessage("height", "*");
  }

  // Of all messages that come to the page, one number from this frame and its own origin counts.
  handleEvent(event) {
    const frame = this.querySelector("iframe");
    if (!frame || event.source !== frame.contentWindow) return;
    if (event.origin !== new URL(frame.src).origin) return;
    const height = event.data?.height;
    if (Number.isFinite(height)) frame.style.height = `${Math.min(Math.max(Math.ceil(height), 80), 20000)}px`;
  }
});
