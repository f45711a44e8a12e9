// A form that counts once: its button rests while it is on its way. Without this the
// portal itself knows the second click.
for (const form of document.querySelectorAll("form[data-once]")) {
  const rest = (resting) => {
    for (const button of form.querySelectorAll("button")) button.disabled = resting;
  };
  form.addEventListener("submit", () => setTimeout(rest, 0, true));
  addEventListener("pageshow", () => rest(false));
}
