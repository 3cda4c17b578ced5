// Light or dark: as the system has it, until the reader presses the button. And what is too wide for the page can be
// scrolled by keyboard.
const root = document.documentElement;
const system = matchMedia("(prefers-color-scheme: dark)");

function show(theme) { root.dataset.jpThemeLight = String(theme !== "dark"); }
function remembered() { try { return localStorage.getItem("theme"); } catch { return null; } }
function remember(theme) { try { localStorage.setItem("theme", theme); } catch { /* read from a file: not kept */ } }

show(remembered() ?? (system.matches ? "dark" : "light"));
system.addEventListener("change", () => { if (!remembered()) show(system.matches ? "dark" : "light"); });
document.addEventListener("DOMContentLoaded", () => {
  const button = document.getElementById("theme");
  const name = () => { button.textContent = root.dataset.jpThemeLight === "true" ? "Dark theme" : "Light theme"; };
  button.addEventListener("click", () => {
    const theme = root.dataset.jpThemeLight === "true" ? "dark" : "light";
    show(theme);
    remember(theme);
    name();
  });
  name();
  reachable();
  for (const image of document.querySelectorAll("img[data-lit]")) {
    if (image.complete) light(image);
    else image.addEventListener("load", () => light(image));
  }
});
addEventListener("resize", reachable);

// Where a road map is wider than the page, scroll to the stop that is lit.
function light(image) {
  const room = image.parentElement;
  room.scrollLeft = image.dataset.lit * image.offsetWidth - room.clientWidth / 2;
}

function reachable() {
  for (const node of document.querySelectorAll(".input, .output, .output div, .text table, .text pre, .text p, .columns > nav")) {
    if (node.scrollWidth > node.clientWidth + 1 || node.scrollHeight > node.clientHeight + 1) node.tabIndex = 0;
    else node.removeAttribute("tabindex");
  }
}
