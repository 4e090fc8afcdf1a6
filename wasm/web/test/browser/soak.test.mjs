// The memory of the page while it opens one database after the other: 6 small ones, or SOAK_OPENS of SOAK_FIXTURE.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { path } from "../support.mjs";
import { browse, choose } from "./harness.mjs";

const opens = Number(process.env.SOAK_OPENS ?? 6);
const database = path(process.env.SOAK_FIXTURE ?? "c242-labels", "before.db.gz");

/** The growth that is no leak: the browser frees memory later. */
const slack = 24 << 20;

test(`the memory of the page stays flat while it opens ${opens} databases`, async (t) => {
  const { visitPage } = await browse(t, "2026-11-29T12:00:00.000Z");
  const page = await visitPage(t);
  await page.evaluate(() => addEventListener("change", ({ target }) => (globalThis.file = target.files[0]), { capture: true, once: true }));
  await choose(page, "Choose a file", database);
  const shown = (name) => page.getByRole("heading", { name: `Overview of ${name}`, exact: true }).waitFor({ state: "attached" });
  await shown("before.db.gz");
  /** Drops the file. Playwright would keep each field that it chooses a file with, and the page behind it. */
  const drop = (name) =>
    page.evaluate((name) => {
      const dataTransfer = new DataTransfer();
      dataTransfer.items.add(new File([globalThis.file], name));
      document.body.dispatchEvent(new DragEvent("drop", { dataTransfer, bubbles: true, cancelable: true }));
    }, name);
  const session = await page.context().newCDPSession(page);
  const system = await page.context().browser().newBrowserCDPSession();
  const renderers = async () => (await system.send("SystemInfo.getProcessInfo")).processInfo.filter(({ type }) => type === "renderer").map(({ id }) => id);

  /** The bytes of all renderers, after a collection of garbage. Shared pages count in proportion. */
  const memory = async () => {
    await session.send("HeapProfiler.collectGarbage");
    const sizes = (await renderers()).map((id) => Number(/^Pss:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${id}/smaps_rollup`, "utf8"))[1]));
    return sizes.reduce((sum, size) => sum + size, 0) * 1024;
  };
  const sizes = [];
  for (let i = 0; i < opens; i++) {
    await drop(`${i}.db.gz`);
    await shown(`${i}.db.gz`);
    assert(page.workers().length <= 2, `${page.workers().length} workers after ${i + 1} files`); // of this file and of the next one
    sizes.push(await memory());
  }
  const third = Math.floor(opens / 3);
  const median = (list) => list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)];
  const [middle, end] = [median(sizes.slice(third, 2 * third)), median(sizes.slice(-third))];
  t.diagnostic(`renderers: ${(middle / 1e6).toFixed(1)} MB, at the end ${(end / 1e6).toFixed(1)} MB`);
  assert(end <= middle + slack, `it grew from ${middle} to ${end} bytes: ${sizes.map((size) => (size / 1e6).toFixed(0)).join(" ")} MB`);
});
