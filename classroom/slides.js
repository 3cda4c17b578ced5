// Starts reveal.js, and makes a slide's content smaller where it is higher or wider than the slide.
const WIDTH = 1280, HEIGHT = 720;

for (const section of document.querySelectorAll(".slides section:not(:has(section))")) {
  const box = document.createElement("div");
  box.className = "fit";
  box.append(...[...section.childNodes].filter((node) => !node.matches?.("aside.notes")));
  section.prepend(box);
}

function fit() {
  for (const box of document.querySelectorAll(".fit")) {
    const [section, stack] = [box.parentElement, box.parentElement.parentElement];
    const shown = [section, stack].map((node) => [node, node.style.display, node.hidden]);
    for (const [node] of shown) { node.hidden = false; node.style.display = "block"; }
    const fits = (scale) => { // text has more room in a line when it is smaller, and needs fewer lines
      box.style.width = `${WIDTH / scale}px`;
      return box.scrollWidth * scale <= WIDTH && box.scrollHeight * scale <= HEIGHT;
    };
    box.style.transform = "";
    let scale = 1;
    if (!fits(1)) {
      let [low, high] = [0.1, 1];
      for (let i = 0; i < 9; i++) {
        const middle = (low + high) / 2;
        if (fits(middle)) low = middle;
        else high = middle;
      }
      scale = low;
      fits(scale);
      box.style.transform = `scale(${scale})`;
    }
    box.dataset.scale = scale.toFixed(3);
    for (const [node, display, hidden] of shown) { node.style.display = display; node.hidden = hidden; }
  }
  document.documentElement.dataset.fitted = "true";
}

Reveal.initialize({ width: WIDTH, height: HEIGHT, margin: 0.05, center: false, hash: true, transition: "none",
  controls: false, slideNumber: "c/t", pdfSeparateFragments: false, plugins: [RevealNotes] }).then(() => document.fonts.ready).then(fit);
for (const details of document.querySelectorAll("details")) details.addEventListener("toggle", fit);
