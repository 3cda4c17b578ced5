// The front end of all widgets: it draws the controls that Python lists, shows the HTML that Python sends, and tells
// Python what the reader does. What a widget is about is in Python alone.

let count = 0;

export default { render };

function render({ model, el }) {
  const drawing = make("div", { class: "s2s-drawing" });
  const said = make("output", { class: "s2s-said", "aria-live": "polite" });
  const problem = make("div", { class: "s2s-problem", role: "alert" });
  const texts = make("div", { class: "s2s-texts" }); // texts of several lines, beside all other controls
  const others = make("div", { class: "s2s-others" });
  const panel = make("div", { class: "s2s-controls" }, texts, others);
  const title = make("p", { class: "s2s-title" });
  const below = make("div", { class: "s2s-below" }); // another widget, if there is one
  const root = make("div", { class: "s2s", role: "group" }, title, panel, problem, said, drawing, below);
  const controls = new Map();
  const set = (name, value) => { model.set(name, value); model.save_changes(); };
  const press = (button) => set(button, model.get(button) + 1);

  function show() {
    const picture = model.get("_picture");
    title.textContent = picture.title;
    root.setAttribute("aria-label", picture.title);
    for (const spec of picture.controls) {
      if (spec.kind === "state") continue;
      if (!controls.has(spec.name)) {
        const control = MAKERS[spec.kind](spec, (value) => set(spec.name, value), () => model.get(spec.name), press);
        control.node.classList.add("s2s-control", `s2s-${spec.kind}`);
        controls.set(spec.name, control);
        (spec.lines > 1 ? texts : others).append(control.node);
      }
      const control = controls.get(spec.name);
      control.node.hidden = Boolean(spec.hidden);
      control.show(spec, model.get(spec.name));
    }
    problem.textContent = picture.problem;
    problem.hidden = !picture.problem;
    said.textContent = picture.said;
    // While there is a problem the old drawing keeps its place, unseen: nothing below it jumps.
    drawing.style.visibility = picture.problem ? "hidden" : "";
    if (!picture.problem) {
      const fresh = make("div");
      fresh.innerHTML = picture.html;
      const held = drawing.contains(document.activeElement) ? document.activeElement.dataset : {};
      patchChildren(drawing, fresh);
      if (held.handle) handleLike(held, drawing)?.focus(); // it may be in another cell now
    }
  }

  drawing.addEventListener("click", (event) => choose(event.target.closest("[data-set]"), set));
  drawing.addEventListener("keydown", (event) => {
    const at = event.target;
    if (at.dataset.handle) moveHandle(event, model, set);
    else if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      choose(at.closest("[data-set]"), set);
    } else if (at.dataset.at) moveInGrid(event, set);
  });
  let dragged = null;
  drawing.addEventListener("pointerdown", (event) => {
    dragged = event.target.closest("[data-handle]");
    if (!dragged) return;
    event.preventDefault();
    dragged.focus();
    dragged = { ...dragged.dataset };
    drawing.setPointerCapture(event.pointerId);
  });
  drawing.addEventListener("pointermove", (event) => {
    if (dragged) dragTo(event.clientX, dragged, drawing, model, set);
  });
  for (const end of ["pointerup", "pointercancel"]) drawing.addEventListener(end, () => { dragged = null; });

  async function showBelow() {
    const name = model.get("below");
    const nodes = [];
    if (name) {
      const manager = model.widget_manager;
      const other = await manager.get_model(name.replace("IPY_MODEL_", ""));
      nodes.push((await manager.create_view(other)).el);
    }
    if (name === model.get("below")) below.replaceChildren(...nodes);
  }

  model.on("change", show);
  model.on("change:below", showBelow);
  show();
  showBelow();
  el.append(root);
  return () => { model.off("change", show); model.off("change:below", showBelow); };
}

// ---------------------------------------------------------------- controls

const MAKERS = {
  slider(spec, set) {
    const input = hush(make("input", { type: "range", id: newId() }));
    const value = make("output", { for: input.id });
    const label = make("label", { for: input.id });
    input.addEventListener("input", () => { value.textContent = input.value; set(input.valueAsNumber); });
    return {
      node: make("div", {}, label, input, value),
      show(spec, now) {
        label.textContent = spec.label;
        Object.assign(input, { min: spec.low, max: spec.high, step: spec.step });
        if (input.valueAsNumber !== now) input.value = now;
        value.textContent = now;
        input.parentNode.dataset.axis = spec.axis ?? "";
      },
    };
  },

  choice(spec, set) {
    const legend = make("legend");
    const node = make("fieldset", {}, legend);
    let options = "";
    return {
      node,
      show(spec, now) {
        legend.textContent = spec.label;
        if (options !== JSON.stringify(spec.options)) {
          options = JSON.stringify(spec.options);
          const group = newId();
          node.replaceChildren(legend, ...spec.options.map(([name, value]) => {
            const input = hush(make("input", { type: "radio", name: group, id: newId() }));
            input.addEventListener("change", () => set(value));
            return make("span", {}, input, make("label", { for: input.id }, name));
          }));
        }
        const at = spec.options.findIndex(([, value]) => JSON.stringify(value) === JSON.stringify(now));
        node.querySelectorAll("input").forEach((input, i) => { input.checked = i === at; });
      },
    };
  },

  text(spec, set, get, press) {
    const input = hush(make(spec.lines > 1 ? "textarea" : "input", { id: newId(), dir: "auto", spellcheck: "false" }));
    const label = make("label", { for: input.id });
    input.addEventListener("input", () => set(input.value));
    input.addEventListener("keydown", (event) => { if (event.key === "Enter" && spec.enter) press(spec.enter); });
    return {
      node: make("div", {}, label, input),
      show(spec, now) {
        label.textContent = spec.label;
        if (spec.lines > 1) input.rows = spec.lines;
        if (spec.lang) input.lang = spec.lang;
        if (input.value !== now) input.value = now;
      },
    };
  },

  checkbox(spec, set) {
    const input = hush(make("input", { type: "checkbox", id: newId() }));
    const label = make("label", { for: input.id });
    input.addEventListener("change", () => set(input.checked));
    return {
      node: make("div", {}, input, label),
      show(spec, now) { label.textContent = spec.label; input.checked = now === true; },
    };
  },

  button(spec, set, get) {
    const button = hush(make("button", { type: "button" }));
    button.addEventListener("click", () => set(get() + 1));
    return {
      node: make("div", {}, button),
      show(spec) { button.textContent = spec.label; },
    };
  },
};

// ----------------------------------------------- what moves in the drawing

function choose(node, set) {
  if (node) set(node.dataset.set, JSON.parse(node.dataset.value)[0]);
}

const ARROWS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };

function moveInGrid(event, set) {
  const [down, right] = ARROWS[event.key] ?? [0, 0];
  const [row, column] = event.target.dataset.at.split(",").map(Number);
  const next = event.target.closest("[role=grid]")?.querySelector(`[data-at="${row + down},${column + right}"]`);
  if (!(event.key in ARROWS)) return;
  event.preventDefault();
  if (!next) return;
  next.focus();
  choose(next, set);
}

function handleLike({ handle, index }, drawing) {
  const selector = `[data-handle="${handle}"]`;
  return drawing.querySelector(index === undefined ? selector : `${selector}[data-index="${index}"]`);
}

function setHandle({ handle, index }, value, model, set) {
  const now = model.get(handle);
  if (index === undefined) set(handle, value);
  else if (now[index] !== value) set(handle, now.map((old, i) => (i === Number(index) ? value : old)));
}

function moveHandle(event, model, set) {
  const { handle, index } = event.target.dataset;
  const now = index === undefined ? model.get(handle) : model.get(handle)[index];
  const [low, high] = ["min", "max"].map((end) => Number(event.target.getAttribute(`aria-value${end}`)));
  const to = { ArrowLeft: now - 1, ArrowDown: now - 1, ArrowRight: now + 1, ArrowUp: now + 1, Home: low, End: high };
  if (!(event.key in to)) return;
  event.preventDefault();
  setHandle(event.target.dataset, Math.min(high, Math.max(low, to[event.key])), model, set);
}

function dragTo(x, held, drawing, model, set) {
  const name = held.index === undefined ? held.handle : `${held.handle}-${held.index}`;
  const far = (stop) => Math.abs(stop.getBoundingClientRect().right - x);
  const stops = [...drawing.querySelectorAll(`[data-stop-of="${name}"]`)];
  if (!stops.length) return;
  const nearest = stops.reduce((a, b) => (far(b) < far(a) ? b : a));
  setHandle(held, Number(nearest.dataset.stop), model, set);
}

// -------------------------------------------------------------------- nodes

function newId() {
  count += 1;
  return `s2s-${count}-${Math.random().toString(36).slice(2)}`;
}

function make(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...children);
  return node;
}

// JupyterLab takes keys (arrows, b, d d) before a widget does, except on an element that says so itself.
function hush(node) {
  node.dataset.lmSuppressShortcuts = "true";
  return node;
}

// Make `old` like `fresh`, changing as little as can be: so focus, scrolling and a drag outlast a new drawing.
function patch(old, fresh) {
  for (const { name } of [...old.attributes]) if (!fresh.hasAttribute(name)) old.removeAttribute(name);
  for (const { name, value } of fresh.attributes) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  patchChildren(old, fresh);
}

function patchChildren(old, fresh) {
  const before = [...old.childNodes];
  const after = [...fresh.childNodes];
  after.forEach((node, i) => {
    const was = before[i];
    if (!was) old.append(node);
    else if (was.nodeName !== node.nodeName) was.replaceWith(node);
    else if (was.nodeType === Node.ELEMENT_NODE) patch(was, node);
    else if (was.data !== node.data) was.data = node.data;
  });
  before.slice(after.length).forEach((node) => node.remove());
}
