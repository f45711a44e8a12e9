// Loads the page anew when what it shows has taken a step. Without this it is done by hand.
// It asks ever more seldom and then no more: an open page must not keep a session alive.
const shown = document.querySelector("[data-version]");
const LONGEST = 20 * 60 * 1000;

async function look(begun, wait) {
  const answer = await fetch(location.pathname, { redirect: "error" }).catch(() => null);
  if (answer && answer.ok) {
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const now = page.querySelector("[data-version]");
    if (!now || now.dataset.version !== shown.dataset.version) {
      location.replace(location.pathname);
      return;
    }
  }
  if (Date.now() - begun < LONGEST) {
    setTimeout(look, wait, begun, Math.min(wait * 1.2, 60000));
  }
}

if (shown) setTimeout(look, 1500, Date.now(), 1500);
