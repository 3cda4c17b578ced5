// Starts reveal.js. Nothing on a slide is smaller than SMALLEST: what needs more room goes on below, on slides of its own.
const WIDTH = 1280, HEIGHT = 720;
const SMALLEST = 18; // pixels of type, of the 720 that a slide is high
const LARGEST = 1.7; // times its own size a picture may have
const HIGHEST = 560; // pixels

function boxed(section) {
  const box = document.createElement("div");
  box.className = "fit";
  box.append(...[...section.childNodes].filter((node) => !node.matches?.("aside.notes")));
  section.prepend(box);
}

// Show the slide of a box while something is measured in it.
function shown(box, measure) {
  const kept = [box.parentElement, box.parentElement.parentElement].map((node) => [node, node.style.display, node.hidden]);
  for (const [node] of kept) { node.hidden = false; node.style.display = "block"; }
  box.style.transform = "";
  const found = measure();
  for (const [node, display, hidden] of kept) { node.style.display = display; node.hidden = hidden; }
  return found;
}

// The smallest type in a box, in pixels before it is scaled.
function smallest(box) {
  const unit = box.getBoundingClientRect().width / box.offsetWidth;
  let least = 100;
  const texts = document.createTreeWalker(box, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const node = texts.currentNode.parentElement;
    if (!texts.currentNode.textContent.trim() || !node.checkVisibility() || node.closest("math")) continue;
    const drawing = node.ownerSVGElement;
    const zoom = drawing ? drawing.getBoundingClientRect().width / unit / drawing.viewBox.baseVal.width
      : node.currentCSSZoom ?? 1;
    if (node.getClientRects().length) least = Math.min(least, parseFloat(getComputedStyle(node).fontSize) * zoom);
  }
  for (const image of box.querySelectorAll("img[data-letters]")) {
    if (image.checkVisibility()) least = Math.min(least, image.dataset.letters * image.offsetWidth / image.naturalWidth);
  }
  return least;
}

// Text has more room in a line when it is smaller, and needs fewer lines. Sizes are rounded to whole pixels.
function fits(box, scale) {
  box.style.width = `${WIDTH / scale}px`;
  return box.scrollWidth <= WIDTH / scale + 1 && box.scrollHeight <= HEIGHT / scale + 1;
}

function readable(box) {
  if (fits(box, 1)) return true;
  return fits(box, Math.min(1, SMALLEST / smallest(box)));
}

// Pictures between as small as they can be read (0) and as large as they may be (1).
function resize(box, part) {
  for (const image of box.querySelectorAll("img")) {
    const [wide, high] = [image.naturalWidth, image.naturalHeight];
    const most = Math.min(LARGEST, (WIDTH - 40) / wide, HIGHEST / high);
    const least = Math.min(most, 1.02 * SMALLEST / (image.dataset.letters ?? SMALLEST));
    image.style.width = `${wide * (least + part * (most - least))}px`;
  }
}

// The largest pictures with which a slide can be read; are there any?
function arrange(box) {
  for (const part of box.querySelector("img") ? [1, 0.8, 0.6, 0.4, 0.2, 0] : [0]) {
    resize(box, part);
    if (readable(box)) return true;
  }
  return false;
}

// Where a slide may end: before a paragraph, the code of a cell, an output, a row of a table, a part of a widget.
const ATOMS = [".cell.text > *", ".cell.text > ul > li", ".cell.text > ol > li", ".input", ".output", "tbody > tr",
  ".s2s-drawing > div > *", ".s2s-columns > *", ".s2s-bleu-row > *", ".s2s-clipping > *"].join();
const OPENS = "h1, h2, h3, .s2s-title, .s2s-settings"; // no slide ends with one

function split(section) {
  const box = section.firstElementChild;
  if (arrange(box)) return null;
  const atoms = [...box.querySelectorAll(ATOMS)].filter((node) => !node.querySelector(ATOMS));
  const ends = (k) => !atoms[k - 1].matches(OPENS); // may a slide end before the k-th?
  const begins = (k) => atoms[k].closest(".cell") !== atoms[k - 1].closest(".cell");
  let [low, high] = [0, atoms.length]; // what fits: the atoms before `low`, not those before `high`
  while (high - low > 1) {
    const middle = low + high >> 1;
    atoms.forEach((atom, k) => atom.classList.toggle("later", k >= middle));
    if (readable(box)) low = middle;
    else high = middle;
  }
  for (const atom of atoms) atom.classList.remove("later");
  const possible = Array.from({ length: low }, (_, k) => low - k).filter(ends);
  // One thing alone may be too large. It is alone on its slide then, and smaller than it should be.
  const at = possible.find(begins) ?? possible[0] ?? atoms.findIndex((_, k) => k > 0 && ends(k));
  return at > 0 ? goOn(section, box, atoms[at]) : null;
}

function goOn(section, box, first) {
  const rest = document.createRange();
  rest.setStartBefore(first);
  rest.setEndAfter(box.lastChild);
  const head = first.matches("tr") && first.closest("table").querySelector("thead")?.cloneNode(true);
  const next = document.createElement("section");
  next.append(rest.extractContents());
  if (head) next.querySelector("table").prepend(head);
  for (let node = next.firstElementChild; node; node = node.firstElementChild) { // copies of what holds both parts
    node.removeAttribute("id");
    node.classList.remove("fragment"); // what a slide begins with is there at once
    if (node.matches(ATOMS)) break;
  }
  arrange(box);
  boxed(next);
  section.after(next);
  return next;
}

function fit() {
  for (const box of document.querySelectorAll(".fit")) {
    shown(box, () => {
      let scale = 1;
      if (!fits(box, 1)) {
        let [low, high] = [0.1, 1];
        for (let i = 0; i < 9; i++) {
          const middle = (low + high) / 2;
          if (fits(box, middle)) low = middle;
          else high = middle;
        }
        scale = low;
        fits(box, scale);
      }
      box.dataset.smallest = (scale * smallest(box)).toFixed(1);
      box.dataset.scale = scale.toFixed(3);
      if (scale < 1) box.style.transform = `scale(${scale})`;
    });
  }
  document.documentElement.dataset.fitted = "true";
}

async function start() {
  await document.fonts.ready;
  await Promise.all([...document.images].map((image) => image.decode().catch(() => null)));
  for (let section of [...document.querySelectorAll(".slides section:not(:has(section))")]) {
    boxed(section);
    while (section) section = shown(section.firstElementChild, split.bind(null, section));
  }
  await Reveal.initialize({ width: WIDTH, height: HEIGHT, margin: 0.05, center: false, hash: true, transition: "none",
    controls: false, slideNumber: "c/t", pdfSeparateFragments: false, plugins: [RevealNotes] });
  fit();
  for (const details of document.querySelectorAll("details")) details.addEventListener("toggle", fit);
}

if (document.readyState === "complete") start();
else addEventListener("load", start);
