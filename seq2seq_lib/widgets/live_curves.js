// The front end of LiveCurves, behind that of all widgets (front.js): while a training runs Python is busy, so here the
// browser draws by itself, and the reader's switches work at once. The colours of the runs, INKS, stand before it: they
// are those of style.py.

export default { render: renderCurves };

const WIDTH = 800;
const LEFT = 66;
const RIGHT = 30;
const PANELS = [
  { key: "loss", title: "loss per token (nats): line training, dashed with squares validation", top: 26, height: 210,
    scaled: true },
  { key: "norm", title: "gradient norm before clipping", top: 272, height: 110, scaled: true },
  { key: "speed", title: "tokens per second", top: 418, height: 80, scaled: false },
];
const HEIGHT = 546;
const NO_KERNEL = "The stop button does not reach the kernel here. Use the notebook's own: Kernel, Interrupt.";

function renderCurves({ model, el }) {
  const title = make("p", { class: "s2s-title" });
  const stop = hush(make("button", { type: "button", class: "s2s-live-stop" }));
  const now = make("span", { class: "s2s-live-now" });
  const scale = MAKERS.choice({}, (value) => set("scale", value));
  scale.node.classList.add("s2s-control", "s2s-choice");
  const panel = make("div", { class: "s2s-controls s2s-others" }, make("div", { class: "s2s-control" }, stop, now),
    scale.node);
  const said = make("output", { class: "s2s-said", "aria-live": "polite" });
  const problem = make("div", { class: "s2s-problem", role: "alert", hidden: "" });
  const drawing = make("div", { class: "s2s-drawing" });
  const root = make("div", { class: "s2s s2s-live-curves", role: "group" }, title, panel, problem, said, drawing);
  const set = (name, value) => { model.set(name, value); model.save_changes(); };
  let stopping = false;

  function show() {
    const picture = model.get("_picture");
    const runs = allRuns(model);
    const live = model.get("_live");
    const running = model.get("_running");
    title.textContent = picture.title;
    root.setAttribute("aria-label", picture.title);
    for (const spec of picture.controls) if (spec.name === "scale") scale.show(spec, model.get("scale"));
    if (!running) stopping = false;
    stop.disabled = !running || stopping;
    stop.textContent = stopping ? "Stopping at the end of this batch" : "Stop, and keep everything";
    now.textContent = running && live.name !== undefined
      ? `${live.name}: epoch ${live.epochs + 1}, update ${live.updates}` : "";
    if (picture.problem) problem.textContent = picture.problem;
    problem.hidden = !problem.textContent;
    const at = positionOf(model, runs);
    const words = sentence(model, runs, at, running);
    if (said.textContent !== words) said.textContent = words;
    const fresh = make("div");
    fresh.innerHTML = runs.length ? table(model, runs, at) + picturesOf(model, runs, at) : "";
    patchChildren(drawing, fresh);
  }

  let waiting = false; // several changes in a row are drawn once
  const soon = () => {
    if (waiting) return;
    waiting = true;
    setTimeout(() => { waiting = false; show(); });
  };

  stop.addEventListener("click", async () => {
    try {
      stopping = true;
      show();
      await model.widget_manager.kernel.interrupt();
    } catch {
      problem.textContent = NO_KERNEL;
      problem.hidden = false;
    }
  });
  drawing.addEventListener("click", (event) => {
    const name = event.target.closest("[data-run]")?.dataset.run;
    if (name === undefined) return;
    const hidden = hiddenOf(model);
    set("hidden", hidden.includes(name) ? hidden.filter((other) => other !== name) : [...hidden, name]);
  });
  drawing.addEventListener("keydown", (event) => {
    if (event.target.getAttribute("role") !== "slider") return;
    const runs = allRuns(model);
    const stops = stopsOf(model, runs);
    const i = stops.indexOf(positionOf(model, runs));
    const next = { ArrowLeft: i - 1, ArrowDown: i - 1, ArrowRight: i + 1, ArrowUp: i + 1, Home: 0,
      End: stops.length - 1, PageDown: i - 10, PageUp: i + 10 }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    goTo(stops, next);
  });
  function goTo(stops, i) {
    const last = stops.length - 1;
    const inside = Math.min(last, Math.max(0, i));
    set("at", inside === last ? null : stops[inside]); // at the end it stays with the newest
  }
  drawing.addEventListener("pointermove", (event) => {
    const svg = event.target.closest("svg");
    if (!svg) return;
    const runs = allRuns(model);
    const stops = stopsOf(model, runs);
    const x = event.clientX - svg.getBoundingClientRect().left;
    const update = ((x - LEFT) / (WIDTH - LEFT - RIGHT)) * farthest(model, runs);
    let nearest = 0;
    stops.forEach((stop, i) => { if (Math.abs(stop - update) < Math.abs(stops[nearest] - update)) nearest = i; });
    if (stops.length && stops[nearest] !== positionOf(model, runs)) goTo(stops, nearest);
  });
  drawing.addEventListener("pointerleave", () => {
    if (!drawing.contains(document.activeElement) && model.get("at") !== null) set("at", null);
  });

  model.on("change", soon);
  show();
  el.append(root);
  return () => model.off("change", soon);
}

// ------------------------------------------------------------------- the runs

// The finished runs and the one under way, each with its number and colour, in the order in which they began.
function allRuns(model) {
  const live = model.get("_live");
  const runs = model.get("_runs").filter(({ name }) => name !== live.name);
  if (live.name !== undefined) runs.push(live);
  return runs.filter(({ x }) => x.length)
    .map((run, i) => ({ ...run, number: i + 1, ink: `var(--${INKS[i % INKS.length]})` }));
}

function hiddenOf(model) {
  const hidden = model.get("hidden");
  return Array.isArray(hidden) ? hidden : [];
}

function visible(model, runs) {
  const hidden = hiddenOf(model);
  return runs.filter(({ name }) => !hidden.includes(name));
}

function farthest(model, runs) {
  const last = visible(model, runs).map(({ x }) => x.at(-1));
  return Math.max(10, ...last);
}

// The updates at which there is a value to read, of all visible runs.
function stopsOf(model, runs) {
  return [...new Set(visible(model, runs).flatMap(({ x }) => x))].sort((a, b) => a - b);
}

function positionOf(model, runs) {
  const stops = stopsOf(model, runs);
  const at = model.get("at");
  if (typeof at !== "number") return stops.at(-1);
  return stops.findLast((stop) => stop <= at) ?? stops[0];
}

// What a run shows at an update: its last point there or before.
function reading(run, at) {
  let i = run.x.findLastIndex((x) => x <= at);
  if (i < 0) i = 0;
  const valid = run.valid.findLast(([x]) => x <= at);
  return { update: run.x[i], loss: run.loss[i], valid: valid?.[1] ?? null, norm: run.norm[i], speed: run.speed[i] };
}

// --------------------------------------------------------------------- words

function sentence(model, runs, at, running) {
  if (!runs.length) return running ? "Training begins." : "No run yet. Train inside “with curves:” to see one.";
  if (typeof model.get("at") === "number" && at !== undefined) {
    const values = visible(model, runs).map((run) => {
      const { loss, valid } = reading(run, at);
      return `${number(loss)}${valid === null ? "" : `, in validation ${number(valid)}`} (${run.name})`;
    });
    return `At update ${at} the loss per token is ${values.join("; ")}.`;
  }
  if (running) return "Training runs. The table shows the newest values.";
  return "Training is over. The table shows the last values; move along the curves to read others.";
}

function number(value) {
  if (value === null || value === undefined) return "–";
  if (Math.abs(value) >= 1000) return Math.round(value).toLocaleString("en");
  return value === 0 ? "0" : value.toPrecision(3);
}

function escapeText(text) {
  return String(text).replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}

function table(model, runs, at) {
  const hidden = hiddenOf(model);
  const theta = model.get("_theta");
  const head = ["run", "update", "training loss", "validation loss", "gradient norm",
    ...(theta ? ["clipped"] : []), "tokens per second"];
  const rows = runs.map((run) => {
    const off = hidden.includes(run.name);
    const values = at === undefined ? {} : reading(run, at);
    const name = escapeText(run.name);
    const cells = [values.update, number(values.loss), number(values.valid), number(values.norm),
      ...(theta ? [`${run.clipped} of ${run.updates}`] : []), number(values.speed)];
    return `<tr class="${off ? "s2s-live-faint" : ""}" style="--run:${run.ink}"><th scope="row"><button type="button"
      data-run="${name}" data-lm-suppress-shortcuts="true" aria-pressed="${!off}" aria-label="Show run ${name}"><i>${
      run.number}</i> <bdi>${name}</bdi></button></th>${cells.map((cell) => `<td class="s2s-number">${off ? "" : cell
    }</td>`).join("")}</tr>`;
  });
  return `<table class="s2s-live-readings"><thead><tr>${head.map((name) => `<th scope="col">${name}</th>`).join("")
  }</tr></thead><tbody>${rows.join("")}</tbody></table>`;
}

// ------------------------------------------------------------------- drawing

function picturesOf(model, runs, at) {
  const shown = visible(model, runs);
  const end = farthest(model, runs);
  const place = (update) => LEFT + ((WIDTH - LEFT - RIGHT) * update) / end;
  const theta = model.get("_theta");
  const parts = PANELS.map((panel) => drawPanel(panel, shown, place, panel.scaled && model.get("scale") === "log",
    panel.key === "norm" ? theta : null));
  const foot = PANELS.at(-1).top + PANELS.at(-1).height;
  for (const update of ticks(0, end, 8)) {
    if (update > end || update % 1) continue;
    parts.push(`<text x="${place(update)}" y="${foot + 20}" text-anchor="middle">${update}</text>`);
  }
  parts.push(`<text x="${WIDTH - RIGHT}" y="${foot + 42}" text-anchor="end">update</text>`);
  const words = `Curves of ${shown.map(({ name }) => name).join(", ")} over ${end} updates`;
  const stops = stopsOf(model, runs);
  const cursor = at === undefined ? "" : `<g role="slider" tabindex="0" aria-label="Read the values at update"
    aria-valuemin="${stops[0]}" aria-valuemax="${stops.at(-1)}" aria-valuenow="${at}"
    data-lm-suppress-shortcuts="true" class="s2s-live-cursor"><rect x="${place(at) - 6}" y="${PANELS[0].top}" width="12"
    height="${foot - PANELS[0].top}" /><path d="M${place(at)} ${PANELS[0].top}V${foot}" /></g>`;
  return `<svg width="${WIDTH}" height="${HEIGHT}" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="group" aria-label="${
    escapeText(words)}">${parts.join("")}${cursor}</svg>`;
}

function drawPanel({ key, title, top, height }, runs, place, log, theta) {
  const values = runs.flatMap((run) => [...run[key], ...(key === "loss" ? run.valid.map(([, loss]) => loss) : [])])
    .concat(theta ?? []).filter((value) => value !== null && (!log || value > 0));
  const high = Math.max(...values, log ? 1e-9 : 0);
  let [from, to] = log ? [Math.min(...values, high), high] : [0, high || 1];
  if (log) [from, to] = [from / 1.1, Math.max(to * 1.1, from * 2)];
  else to *= 1.04;
  const share = log ? (y) => Math.log(y / from) / Math.log(to / from) : (y) => (y - from) / (to - from);
  const level = (y) => top + height * (1 - share(y));
  const parts = [`<text x="${LEFT}" y="${top - 9}" class="s2s-live-panel">${title}</text>`];
  const marks = log ? logTicks(from, to) : ticks(from, to, height > 150 ? 5 : 3);
  for (const value of marks) {
    parts.push(`<path class="s2s-live-grid" d="M${LEFT} ${level(value).toFixed(1)}H${WIDTH - RIGHT}" />
      <text x="${LEFT - 8}" y="${(level(value) + 5).toFixed(1)}" text-anchor="end">${tickText(value)}</text>`);
  }
  if (theta) {
    parts.push(`<path class="s2s-live-theta" d="M${LEFT} ${level(theta).toFixed(1)}H${WIDTH - RIGHT}" />
      <text x="${WIDTH - RIGHT + 6}" y="${(level(theta) + 5).toFixed(1)}">θ</text>`);
  }
  const ends = [];
  for (const run of runs) {
    const line = path(run.x.map((x, i) => [x, run[key][i]]), place, level, log);
    parts.push(`<g style="--run:${run.ink}">${line}${key === "loss" ? validation(run, place, level, log) : ""}</g>`);
    const last = run[key].findLastIndex((y) => y !== null && (!log || y > 0));
    if (key === "loss" && last >= 0) ends.push({ run, x: place(run.x[last]), y: level(run.loss[last]) + 5 });
  }
  ends.sort((a, b) => a.y - b.y);
  ends.forEach((end, i) => { if (i && ends.length > 1) end.y = Math.max(end.y, ends[i - 1].y + 15); });
  for (const { run, x, y } of ends) {
    parts.push(`<text x="${(x + 6).toFixed(1)}" y="${y.toFixed(1)}" class="s2s-live-end" style="--run:${run.ink}">${
      run.number}</text>`);
  }
  return parts.join("");
}

function path(points, place, level, log) {
  const kept = points.filter(([, y]) => y !== null && (!log || y > 0));
  if (!kept.length) return "";
  const [x, y] = kept[0];
  if (kept.length === 1) return `<circle class="s2s-live-dot" cx="${place(x)}" cy="${level(y).toFixed(1)}" r="3" />`;
  const d = kept.map(([x, y]) => `${place(x).toFixed(1)} ${level(y).toFixed(1)}`).join("L");
  return `<path class="s2s-live-line" d="M${d}" />`;
}

function validation(run, place, level, log) {
  const kept = run.valid.filter(([, y]) => y !== null && (!log || y > 0))
    .map(([x, y]) => [place(x).toFixed(1), level(y).toFixed(1)]);
  const squares = kept.map(([x, y]) => `<rect class="s2s-live-dot" x="${x - 4}" y="${y - 4}" width="8" height="8" />`);
  const line = kept.length ? `M${kept.map((at) => at.join(" ")).join("L")}` : "";
  return `<path class="s2s-live-line s2s-live-dashed" d="${line}" />${squares.join("")}`;
}

function ticks(from, to, most) {
  const rough = (to - from) / most || 1;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10);
  const found = [];
  for (let i = Math.ceil(from / step); i * step <= to; i += 1) found.push(Number((i * step).toPrecision(12)));
  return found;
}

function logTicks(from, to) {
  const all = [];
  const factors = to / from < 10 ? [1, 1.5, 2, 3, 4, 5, 6, 8] : [1, 2, 5];
  for (let power = Math.floor(Math.log10(from)); power <= Math.log10(to); power += 1) {
    for (const factor of factors) all.push(Number((factor * 10 ** power).toPrecision(12)));
  }
  const inside = all.filter((value) => value >= from && value <= to);
  return inside.length > 7 ? inside.filter((value) => /^1|^0\.0*1$/.test(String(value))) : inside;
}

function tickText(value) {
  return value >= 10_000 ? `${value / 1000}k` : String(value);
}
