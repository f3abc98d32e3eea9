// When a request gets no answer, say so where messages stand: htmx alone would say nothing.
document.addEventListener("htmx:error", () => {
  document.getElementById("message").innerHTML =
    '<p class="notice">We could not reach the shop. Please check your connection and try again.</p>';
});
