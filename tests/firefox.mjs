// Open a notebook of a running JupyterLab in Firefox, over WebDriver BiDi. tests/firefox.py runs this with one argument,
// a JSON object, and reads what was seen from standard output, as JSON too.
//
//   puppeteer: the folder of the package puppeteer-core    firefox: the program      url: of the notebook
//   keys:      for each widget, in order, a control's selector and a key: all cells are run, and each key is pressed
//   picture:   a file for a photograph, at the end
import { createRequire } from "node:module";

const { puppeteer, firefox, url, keys, picture } = JSON.parse(process.argv[2]);
const OURS = ".jp-OutputArea-output .s2s[role=group]:not(.s2s .s2s)"; // without those inside another
const seen = { pageErrors: [], cellErrors: [], widgetErrors: [], widgets: 0, moved: [] };

const browser = await createRequire(import.meta.url)(puppeteer).launch({
  browser: "firefox", executablePath: firefox, defaultViewport: { width: 1400, height: 1000 }, protocolTimeout: 300_000,
});
try {
  const page = await browser.newPage();
  page.setDefaultTimeout(60_000);
  page.on("pageerror", (error) => seen.pageErrors.push(error.stack ?? String(error)));
  await page.goto(url);
  await page.waitForSelector(".jp-Notebook .jp-CodeCell", { timeout: 120_000 });
  await page.waitForFunction(() => {
    window.shown = window.jupyterapp?.shell.currentWidget;
    return window.shown?.sessionContext?.session?.kernel?.status === "idle";
  }, { timeout: 120_000 });
  await page.evaluate(() => window.jupyterapp.shell.collapseLeft());
  if (keys) await run(page);
  for (const [i, [selector, key]] of (keys ?? []).entries()) seen.moved.push(await move(page, i, selector, key));
  if (keys) Object.assign(seen, await page.evaluate(errors));
  if (picture) await photograph(page);
} finally {
  await browser.close();
}
console.log(JSON.stringify(seen));

async function run(page) {
  await page.evaluate(() => { window.jupyterapp.commands.execute("notebook:run-all-cells"); }); // not awaited
  await page.waitForFunction(() => {
    const code = [...window.shown.content.model.cells].filter((cell) => cell.type === "code");
    const failed = code.some((cell) => cell.outputs.toJSON().some((output) => output.output_type === "error"));
    const idle = window.shown.sessionContext.session.kernel.status === "idle";
    return failed || (idle && code.every((cell) => cell.executionCount !== null && cell.executionState !== "running"));
  }, { timeout: 240_000 });
  await page.waitForFunction(() => ![...document.querySelectorAll(".jp-OutputArea-output")]
    .some((node) => node.textContent === "Loading widget..."));
  seen.widgets = (await page.$$(OURS)).length;
}

// Press a key on a control of the widget of that number; tell what the widget said before and after.
async function move(page, number, selector, key) {
  const widget = (await page.$$(OURS))[number];
  const control = await widget?.$(selector);
  if (!control) return { before: null, after: null };
  const said = (root) => root.querySelector(".s2s-said").textContent;
  const before = await widget.evaluate(said);
  await control.evaluate((node) => node.focus()); // handles of SVG too, which puppeteer does not focus
  await page.keyboard.press(key);
  try {
    await page.waitForFunction((root, before) => root.querySelector(".s2s-said").textContent !== before,
      { timeout: 10_000 }, widget, before);
  } catch (error) {
    if (error.name !== "TimeoutError") throw error; // the sentence stayed: that is seen below
  }
  return { before, after: await widget.evaluate(said) };
}

function errors() {
  const texts = (selector) => [...document.querySelectorAll(selector)].map((node) => node.textContent);
  const cells = [...window.shown.content.model.cells].flatMap((cell) => cell.outputs?.toJSON() ?? []);
  return {
    cellErrors: cells.filter((output) => output.output_type === "error").map((error) => `${error.ename}: ${error.evalue}`),
    widgetErrors: texts(".jupyter-widgets-error, .jp-mod-error, .s2s-problem:not([hidden])").concat(
      texts(".jp-OutputArea-output").filter((text) => text.startsWith("Error displaying widget"))),
  };
}

// The notebook from its top, as long as its cells; Firefox photographs what is in its window.
async function photograph(page) {
  const height = await page.evaluate(() => {
    window.shown.content.node.scrollTop = 0;
    return document.querySelector(".jp-WindowedPanel-outer").scrollHeight;
  });
  await page.setViewport({ width: 1400, height: Math.min(height + 200, 12_000) });
  await new Promise((done) => setTimeout(done, 3000)); // until the cells that came into view are drawn
  await page.screenshot({ path: picture });
}
