/*
 * Measures the page in Chromium, and prints the results in the format of Go benchmarks: `make bench-web`. It needs the
 * built page and an idle machine.
 *
 *   first   a file of 27.7 MB is chosen in a new browser as soon as the page accepts it, until the overview is painted
 *   warm    the same for further files on the same page
 *   large   as first, for a file of about 40 MB, and the peak of the renderer's memory without the pages of the
 *           browser's own files, which all processes share
 *
 * longest-task-ms is the longest task of the main thread in that time and 200 ms after it; 0 stands for less than
 * 50 ms. BENCH_RUNS sets the number of browsers, each with one first file and three further ones.
 */
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { Holdfast } from "holdfast";
import { bytes } from "../support.mjs";
import { launch, serve } from "./harness.mjs";

const runs = Number(process.env.BENCH_RUNS ?? 5);
const page = fileURLToPath(new URL("../../dist/page/", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "holdfast-bench-"));
const cleanups = [() => rmSync(folder, { recursive: true })];
const t = { after: (cleanup) => cleanups.push(cleanup) };

/** Runs in the page before its scripts. `opened` resolves when the overview of the chosen file is painted. */
function observe() {
  let began;
  let tasks = [];
  new PerformanceObserver((list) => tasks.push(...list.getEntries())).observe({ type: "longtask" });
  addEventListener("change", () => (began = performance.now()), { capture: true });
  const shown = () => document.querySelector('.overview .treemap[aria-busy="false"] .area') !== null;
  const painted = () => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
  globalThis.opened = async () => {
    const before = tasks.length;
    while (began === undefined || !shown()) {
      await new Promise((resolve) => {
        const observer = new MutationObserver(() => resolve(observer.disconnect()));
        observer.observe(document, { attributes: true, childList: true, subtree: true });
      });
    }
    await painted();
    const ended = performance.now();
    await new Promise((resolve) => setTimeout(resolve, 200)); // the rest of the view; entries of tasks come late
    const during = tasks.slice(before).filter(({ startTime, duration }) => startTime + duration > began);
    const result = { ms: ended - began, longest: Math.max(0, ...during.map(({ duration }) => duration)) };
    began = undefined;
    return result;
  };
}

/** Writes a database of about 38 MB: the large one, with a long label on most blobs. */
async function largerDatabase() {
  const node = await Holdfast.open({ bytes: bytes("c242-large") });
  const blobs = (await node.objects()).map((object) => object.node.split("/")).filter(([kind]) => kind === "content");
  const ops = blobs.map(([, ns, digest]) => ({ op: "content.update", ns, info: { digest, labels: { padding: "x".repeat(1000) } }, paths: ["labels.padding"] }));
  let database = await node.save();
  for (let at = 0; at < ops.length && database.length < 38e6; at += 500) {
    await node.apply(ops.slice(at, at + 500));
    database = await node.save();
  }
  await node.close();
  return database;
}

/** The value of a field of a process's status, in bytes. */
function statusOf(id, field) {
  return 1024 * Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, "m").exec(readFileSync(`/proc/${id}/status`, "utf8"))[1]);
}

async function open(tab, file) {
  const opened = tab.evaluate(() => globalThis.opened());
  await tab.locator('input[type="file"]').first().setInputFiles(file);
  return opened;
}

function report(name, results, more = "") {
  const median = (list) => list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)];
  const ns = Math.round(1e6 * median(results.map(({ ms }) => ms)));
  const longest = Math.max(...results.map(({ longest }) => longest));
  console.log(`BenchmarkPage/${name}-${cpus().length}\t${results.length}\t${ns} ns/op\t${longest} longest-task-ms${more}`);
}

try {
  const file = join(folder, "meta.db");
  writeFileSync(file, gunzipSync(bytes("c242-large")));
  const large = join(folder, "large.db");
  writeFileSync(large, await largerDatabase());
  const origin = await serve(t, { folders: { "/": page } });
  console.log(`pkg: wasm/web/page`);
  const [first, warm] = [[], []];
  for (let run = 0; run < runs; run++) {
    const own = [];
    const browser = await launch({ after: (close) => own.push(close) });
    const tab = await browser.newPage();
    await tab.addInitScript(observe);
    await tab.goto(origin);
    await tab.getByRole("button", { name: "Choose a file" }).waitFor();
    first.push(await open(tab, file));
    for (let i = 0; i < 3; i++) {
      warm.push(await open(tab, file));
    }
    await Promise.all(own.map((close) => close()));
  }
  report("first", first);
  report("warm", warm);

  const browser = await launch(t);
  const tab = await browser.newPage();
  await tab.addInitScript(observe);
  await tab.goto(origin);
  const session = await browser.newBrowserCDPSession();
  const renderers = async () => (await session.send("SystemInfo.getProcessInfo")).processInfo.filter(({ type }) => type === "renderer");
  const memory = async (field) => Math.max(...(await renderers()).map(({ id }) => statusOf(id, field) - statusOf(id, "RssFile")));
  await tab.getByRole("button", { name: "Choose a file" }).waitFor();
  const before = await memory("VmRSS");
  const result = await open(tab, large);
  report("large", [result], `\t${await memory("VmHWM")} peak-B\t${before} before-B\t${statSync(large).size} file-B`);
} finally {
  for (const cleanup of cleanups.toReversed()) {
    await cleanup();
  }
}
