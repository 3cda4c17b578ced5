"""A real browser on a real JupyterLab: `with lab(folder) as url`, `with chromium() as browser`, `Lesson`."""

import ctypes
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path

from front_end import package

CHROMIUM = "/usr/bin/chromium"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]
PROJECT = Path(__file__).resolve().parent.parent


def missing():
    """Return what a browser test lacks here, in a line; None if nothing."""
    if not Path(CHROMIUM).is_file():
        return f"no {CHROMIUM}: apt-get install -y --no-install-recommends chromium"
    try:
        import playwright  # noqa: F401
    except ImportError:
        return "no Playwright: pip install -r requirements-dev.txt"


def npm_package(name):
    """Return the folder of a package from npm; skip the test where it cannot be had.

    Continuous integration (which sets `CI`) has npm and a network: there it is an error, since a skip would hide for
    good that nothing is checked any more.
    """
    import pytest

    try:
        return package(name)
    except FileNotFoundError as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(error))


@contextmanager
def lab(folder, scratch):
    """Run JupyterLab on a folder, on a free port of this machine; yield its address, and stop it and its kernels.

    Args:
        folder: what is shown.
        scratch: an empty folder for JupyterLab's settings and log; nothing outside it and `folder` is written.
    """
    settings = scratch / "settings" / "@jupyterlab"
    for extension, name, values in (
            ("apputils-extension", "notification", {"fetchNews": "false", "checkForUpdates": False}),
            ("docmanager-extension", "plugin", {"autosave": False}),
            ("notebook-extension", "tracker", {"windowingMode": "none"})):  # draw all cells, not those in view
        (settings / extension).mkdir(parents=True, exist_ok=True)
        (settings / extension / f"{name}.jupyterlab-settings").write_text(
                json.dumps(values), encoding="utf-8", newline="\n")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--ip=127.0.0.1", f"--port={port}",
               "--ServerApp.port_retries=0", "--IdentityProvider.token=", "--ServerApp.password=", "--allow-root",
               "--LabApp.expose_app_in_browser=True", f"--LabApp.user_settings_dir={scratch / 'settings'}",
               f"--LabApp.workspaces_dir={scratch / 'workspaces'}", f"--ServerApp.root_dir={folder}"]
    path = os.pathsep.join([str(PROJECT), os.environ.get("PYTHONPATH", "")]).rstrip(os.pathsep)
    environment = os.environ | {"JUPYTER_CONFIG_DIR": str(scratch / "config"), "PYTHONPATH": path,
                                "JUPYTER_RUNTIME_DIR": str(scratch / "runtime"), "IPYTHONDIR": str(scratch / "ipython"),
                                "JUPYTER_DATA_DIR": str(scratch / "data")}  # there stands which notebooks are trusted
    with open(scratch / "log", "wb") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log, env=environment, start_new_session=True,
                                  preexec_fn=_end_with_parent)
    try:
        url = f"http://127.0.0.1:{port}"
        _wait_for(url, server, scratch / "log")
        yield url
    finally:
        server.send_signal(signal.SIGTERM)  # it ends its kernels
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(server.pid, signal.SIGKILL)
            server.wait()


def _end_with_parent():
    """Have Linux end the server (and it its kernels) even if the tests are killed."""
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG


def _wait_for(url, server, log, seconds=240):
    end = time.monotonic() + seconds
    while True:
        try:
            return urllib.request.urlopen(f"{url}/api", timeout=5).close()
        except OSError:
            if server.poll() is not None or time.monotonic() > end:
                said = log.read_text(encoding="utf-8", errors="replace")[-2000:]
                raise RuntimeError(f"JupyterLab does not answer: {said}") from None
            time.sleep(0.2)


@contextmanager
def chromium():
    """Start Debian's Chromium; yield Playwright's browser."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()


class Lesson:
    """A notebook, opened in JupyterLab.

    Args:
        browser: from `chromium`.
        url: from `lab`.
        name: the notebook's path in the lab's folder.
        size: of the window, `(width, height)`.
        scale: pixels of a photograph for each pixel of the window.
    """

    def __init__(self, browser, url, name, size=(1400, 1000), scale=1):
        self.context = browser.new_context(viewport={"width": size[0], "height": size[1]}, device_scale_factor=scale)
        self.context.set_default_timeout(60_000)
        self.page = self.context.new_page()
        self.errors = []
        self.page.on("pageerror", lambda error: self.errors.append(error.stack or str(error)))
        self.page.goto(f"{url}/lab/tree/{name}?reset")
        self.page.wait_for_selector(".jp-Notebook .jp-CodeCell", timeout=120_000)
        self.page.evaluate("""async () => {
            const app = window.jupyterapp;
            while (!app.shell.currentWidget?.sessionContext) await new Promise(r => setTimeout(r, 100));
            await app.shell.currentWidget.sessionContext.ready;
            app.shell.collapseLeft();
        }""")
        self.page.wait_for_function(
            """() => window.jupyterapp.shell.currentWidget.sessionContext.session?.kernel?.status === "idle" """,
            timeout=120_000)

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.page.evaluate("""async () => {
            await window.jupyterapp.shell.currentWidget.sessionContext.shutdown();
        }""")
        self.context.close()

    def theme(self, name):
        """Put on a theme: "Light" or "Dark"."""
        self.page.evaluate("""name => window.jupyterapp.commands.execute(
            "apputils:change-theme", { theme: `JupyterLab ${name}` })""", name)
        self.page.wait_for_selector(f"body[data-jp-theme-light={str(name == 'Light').lower()}]", state="attached")
        self.page.wait_for_selector("#jupyterlab-splash", state="detached")  # it dims the page while the theme changes

    def run_all(self, up_to=None, timeout_s=300):
        """Run all cells, or those up to number `up_to`, and wait until each has run and every widget is drawn."""
        up_to = self.cells() - 1 if up_to is None else up_to
        self.page.evaluate("""async (up_to) => {
            const { commands, shell } = window.jupyterapp;
            await commands.execute("notebook:clear-all-cell-outputs");  // else a cell counts as run before it is
            const last = shell.currentWidget.content.widgets.length - 1;
            shell.currentWidget.content.deselectAll();
            shell.currentWidget.content.activeCellIndex = Math.min(up_to + 1, last);
            commands.execute(up_to < last ? "notebook:run-all-above" : "notebook:run-all-cells");
        }""", up_to)
        self.page.wait_for_function("""up_to => {
            const model = window.jupyterapp.shell.currentWidget.content.model;
            const code = [...model.cells].slice(0, up_to + 1)
                .filter(cell => cell.type === "code" && cell.sharedModel.source.trim());
            const idle = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.status === "idle";
            const failed = code.some(cell => [...Array(cell.outputs.length).keys()]
                                     .some(i => cell.outputs.get(i).type === "error"));
            const done = cell => cell.executionCount !== null && cell.executionState !== "running";
            return failed || idle && code.every(done);
        }""", arg=up_to, timeout=1000 * timeout_s)
        self.page.wait_for_function("""() => ![...document.querySelectorAll(".jp-OutputArea-output")]
            .some(node => node.textContent === "Loading widget...")""", timeout=60_000)

    def run_cell(self, number):
        """Run the cell of that number, counted from 0, and wait until it is done."""
        self.page.evaluate("""async (number) => {
            const { commands, shell } = window.jupyterapp;
            shell.currentWidget.content.activeCellIndex = number;
            shell.currentWidget.content.deselectAll();
            await commands.execute("notebook:run-cell");
        }""", number)

    def begin_cell(self, number):
        """Begin to run the cell of that number, without waiting for its end."""
        self.page.evaluate("""(number) => {
            const { commands, shell } = window.jupyterapp;
            shell.currentWidget.content.activeCellIndex = number;
            shell.currentWidget.content.deselectAll();
            commands.execute("notebook:run-cell");
        }""", number)

    def python(self, code):
        """Run code in the notebook's kernel, outside its cells; return what it prints."""
        return self.page.evaluate("""async (code) => {
            const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel;
            let printed = "";
            const request = kernel.requestExecute({ code, store_history: false });
            request.onIOPub = (message) => { printed += message.content.text ?? message.content.evalue ?? ""; };
            await request.done;
            return printed;
        }""", code).strip()

    def cell_errors(self):
        """Return the errors of all cells, each in a line."""
        return self.page.evaluate("""() => {
            const found = [];
            [...window.jupyterapp.shell.currentWidget.content.model.cells].forEach((cell, n) => {
                for (let i = 0; i < (cell.outputs?.length ?? 0); i++) {
                    const output = cell.outputs.get(i).toJSON();
                    if (output.output_type === "error") found.push(`cell ${n}: ${output.ename}: ${output.evalue}`);
                }
            });
            return found;
        }""")

    def widget_errors(self):
        """Return what went wrong in widgets: views that failed, sentences of a problem, errors of the page."""
        shown = self.page.evaluate("""() => [...document.querySelectorAll(
            ".jupyter-widgets-error, .jp-mod-error, .s2s-problem:not([hidden])")].map(node => node.textContent)
            .concat([...document.querySelectorAll(".jp-OutputArea-output")].map(node => node.textContent)
            .filter(text => text.startsWith("Error displaying widget")))""")
        return shown + self.errors

    def widgets(self):
        """Return a locator of all our widgets in the outputs of the notebook, without those inside another."""
        return self.page.locator(".jp-OutputArea-output .s2s[role=group]:not(.s2s .s2s)")

    def cells(self):
        """Return how many cells the notebook has."""
        return self.page.evaluate("() => window.jupyterapp.shell.currentWidget.content.widgets.length")

    def watch(self, widget):
        """Begin to measure how long a widget takes from a key to its changed picture, painted."""
        widget.evaluate("""root => {
            const watched = { times: [], pressed: null };
            root.watched = watched;
            document.addEventListener("keydown", () => { watched.pressed = performance.now(); }, true);
            const painted = () => {
                const pressed = watched.pressed;
                watched.pressed = null;
                if (pressed !== null) requestAnimationFrame(() => setTimeout(
                    () => watched.times.push(performance.now() - pressed)));
            };
            for (const part of root.querySelectorAll(".s2s-drawing, .s2s-said, .s2s-problem")) {
                new MutationObserver(painted).observe(
                    part, { subtree: true, childList: true, characterData: true, attributes: true });
            }
        }""")

    def press(self, widget, key, timeout_s=20):
        """Press a key and wait until the widget's picture has changed; return the milliseconds that it took."""
        count = widget.evaluate("root => root.watched.times.length")
        self.page.keyboard.press(key)
        self.page.wait_for_function("([root, count]) => root.watched.times.length > count",
                                    arg=[widget.element_handle(), count], timeout=1000 * timeout_s)
        return widget.evaluate("root => root.watched.times.at(-1)")


PICTURE = """root => [...root.querySelectorAll(".s2s-drawing, .s2s-said, .s2s-problem")]
    .map(part => part.innerHTML).join("|")"""


def try_by_keyboard(lesson, widget, until_changed=False):
    """Go through a widget by Tab and move each thing that takes the focus; return those that changed the picture.

    Args:
        until_changed: stop at the first that does.

    Returns:
        A list of `(what, changed)`, what being the kind and the name of a control, in the order of the Tab key.
    """
    page, tried = lesson.page, []
    widget.evaluate("""root => {
        const before = Object.assign(document.createElement("span"), { tabIndex: -1, id: "s2s-before" });
        root.before(before);
        before.focus();
    }""")
    for _ in range(60):
        page.keyboard.press("Tab")
        at = widget.evaluate("""root => {
            const at = document.activeElement;
            if (!root.contains(at)) return null;
            const name = at.getAttribute("aria-label") ?? at.labels?.[0]?.textContent ?? at.textContent;
            const kind = at.getAttribute("role") ?? at.type;
            const top = Number(at.value ?? at.getAttribute("aria-valuenow")) >= Number(at.max
                ?? at.getAttribute("aria-valuemax"));
            return { kind, name, top: (kind === "range" || kind === "slider") && top };
        }""")
        if at is None:
            if tried:
                break
            continue
        before = widget.evaluate(PICTURE)
        back = "ArrowLeft" if at["top"] else "ArrowRight"
        keys = {"range": [back], "slider": [back], "radio": ["ArrowRight"], "checkbox": ["Space"], "text": ["b", "d"],
                "textarea": ["b"], "gridcell": ["ArrowRight", "ArrowDown", "ArrowUp"]}.get(at["kind"], ["Enter"])
        changed = False
        for key in keys:
            page.keyboard.press(key)
            try:
                page.wait_for_function(f"([root, before]) => ({PICTURE})(root) !== before",
                                       arg=[widget.element_handle(), before], timeout=3000)
                changed = True
                break
            except Exception as error:
                if "Timeout" not in type(error).__name__:
                    raise
        tried.append((f"{at['kind']} {at['name']}", changed))
        if not widget.evaluate("root => root.contains(document.activeElement)"):
            raise AssertionError(f"the focus left the widget at {tried[-1][0]}")
        if changed and until_changed:
            break
    widget.evaluate("() => document.getElementById('s2s-before').remove()")
    return tried
