// Starts Chromium and a server of static files, and checks every page: it must not log errors and must not send
// requests to other origins.
import assert from "node:assert/strict";
import { createReadStream, existsSync, mkdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
const screenshots = fileURLToPath(new URL("screenshots/", import.meta.url));
const axeSource = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

const types = {
  ".css": "text/css",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".json": "application/json",
  ".svg": "image/svg+xml",
  ".wasm": "application/wasm",
};

/** Serves folders by prefix, and the texts of pages and scripts by path. Returns the origin. */
export async function serve(t, { folders = {}, pages = {}, scripts = {} }) {
  const server = createServer((request, response) => {
    const path = normalize(decodeURIComponent(new URL(request.url, "http://here").pathname));
    const text = pages[path] ?? scripts[path];
    if (text !== undefined) {
      response.writeHead(200, { "content-type": types[path in pages ? ".html" : ".js"] }).end(text);
      return;
    }
    const prefix = Object.keys(folders).find((folder) => path.startsWith(folder));
    const file = prefix && join(folders[prefix], path.endsWith("/") ? `${path.slice(prefix.length)}index.html` : path.slice(prefix.length));
    if (!file || !existsSync(file)) {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, { "content-type": types[extname(file)] ?? "application/octet-stream" });
    createReadStream(file).pipe(response);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${server.address().port}`;
}

/** Starts Chromium and closes it after the test. */
export async function launch(t) {
  if (!existsSync(executablePath)) {
    throw new Error(`${executablePath} not found: install Chromium (apt-get install chromium), or set CHROMIUM to its path`);
  }
  const browser = await chromium.launch({
    executablePath,
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
  });
  t.after(() => browser.close());
  return browser;
}

/**
 * Opens a page in a new context. After the test, it fails if the page logged an error, if a script or a request failed,
 * or if a request went to another origin. `expected` are parts of the texts of expected errors. `now` sets the clock of
 * the page.
 */
export async function visit(t, browser, url, { expected = [], now, ...options } = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, reducedMotion: "reduce", ...options });
  const page = await context.newPage();
  if (now !== undefined) {
    await page.clock.setFixedTime(now);
  }
  const { origin } = new URL(url);
  const faults = [];
  const note = (text) => expected.some((known) => text.includes(known)) || faults.push(text);
  page.on("console", (message) => ["error", "warning"].includes(message.type()) && note(`console: ${message.text()}`));
  page.on("pageerror", (fault) => note(`script: ${fault.stack ?? fault}`));
  // The page cancels the requests of a Worker that it ends, and a reload those of all Workers.
  const cancelled = "net::ERR_ABORTED";
  page.on("requestfailed", (request) => request.failure()?.errorText !== cancelled && note(`request: ${request.url()}: ${request.failure()?.errorText}`));
  page.on("response", (response) => response.status() >= 400 && note(`response: ${response.url()}: ${response.status()}`));
  await context.route("**", (route) => {
    const to = route.request().url();
    if (new URL(to).origin === origin || /^(blob|data):/.test(to)) {
      return route.continue();
    }
    faults.push(`request to another origin: ${to}`);
    return route.abort();
  });
  t.after(async () => {
    await context.close();
    assert.deepEqual(faults, []);
  });
  await page.goto(url);
  return page;
}

/** Fails if axe-core finds an accessibility problem. `runOnly` restricts the rules. */
export async function accessible(page, where, runOnly) {
  if (await page.evaluate(() => globalThis.axe === undefined)) {
    await page.evaluate(axeSource);
  }
  const violations = await page.evaluate(async (runOnly) => {
    const options = { resultTypes: ["violations"], preload: false, ...(runOnly && { runOnly }) };
    return (await globalThis.axe.run(document, options)).violations; // the whole result takes longer to copy than the run
  }, runOnly);
  const found = violations.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map(({ html, failureSummary }) => `${html}\n${failureSummary}`).join("\n")}`);
  assert.deepEqual(found, [], where);
}

/**
 * Checks that a page is accessible and not wider than the screen, in light and dark, on a desktop and on a phone. Saves
 * screenshots for review.
 */
export async function look(page, name) {
  mkdirSync(screenshots, { recursive: true });
  const before = page.viewportSize();
  for (const [width, height] of [[1280, 800], [390, 844]]) {
    for (const colorScheme of ["light", "dark"]) {
      await page.setViewportSize({ width, height });
      await page.emulateMedia({ colorScheme });
      await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
      await page.screenshot({ path: join(screenshots, `${name}-${width}-${colorScheme}.png`), fullPage: true });
      const where = `${name}, ${colorScheme}, ${width} pixels`;
      assert(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${where}: wider than the screen`);
      await accessible(page, where, colorScheme === "light" ? undefined : ["color-contrast"]);
    }
  }
  await page.setViewportSize(before);
  await page.emulateMedia({ colorScheme: null });
}

/** Returns the texts of the cells of a table's row. Waits for the row: a view renders in several tasks. */
export async function cells(row) {
  const all = row.getByRole("cell");
  await all.first().waitFor({ state: "attached" });
  return (await all.allTextContents()).map((text) => text.trim());
}

/** Chooses a file with the button of a name. */
export async function choose(page, button, file) {
  const [chooser] = await Promise.all([page.waitForEvent("filechooser"), page.getByRole("button", { name: button }).click()]);
  await chooser.setFiles(file);
}

const built = fileURLToPath(new URL("../../dist/page/", import.meta.url));

/**
 * Starts Chromium and a server of the built page. `visitPage` opens the page at a time, by default `at`; `opened` opens
 * a file on it, and then a view.
 */
export async function browse(t, at) {
  const browser = await launch(t);
  const origin = await serve(t, { folders: { "/some/folder/": built } });
  const visitPage = (t, options) => visit(t, browser, `${origin}/some/folder/`, { now: at, ...options });
  const opened = async (t, view, file, options = {}) => {
    const page = await visitPage(t, options);
    await choose(page, "Choose a file", file);
    await page.getByRole("heading", { name: /^Overview of/ }).waitFor({ state: "attached" });
    if (view !== undefined) {
      await goTo(page, view);
    }
    return page;
  };
  return { visitPage, opened };
}

/** Goes to the view with a title. */
export async function goTo(page, view) {
  await page.getByRole("navigation").getByRole("link", { name: view, exact: true }).click();
}

/** Formats a number like the command. */
export const counted = (number) => (number < 0 ? "unknown" : number.toLocaleString("en-US"));

/** Formats the size of a part like the command. */
export function sizeOf({ bytes, unsizedSnapshots }) {
  if (bytes < 0) {
    return "unknown";
  }
  const exponent = bytes < 1024 ? 0 : Math.floor(Math.log2(bytes / 1023.95 * 1024) / 10);
  const text = exponent === 0 ? `${bytes} B` : `${(bytes / 1024 ** exponent).toFixed(1)} ${"KMGT"[exponent - 1]}iB`;
  return unsizedSnapshots === 0 ? text : bytes === 0 ? "unknown" : `${text}+?`;
}
