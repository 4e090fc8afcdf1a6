// Ticks holders of a CRI node in the treemap and compares the freed bytes with the command.
import assert from "node:assert/strict";
import test from "node:test";
import { fileURLToPath } from "node:url";
import { commandLine, path } from "../support.mjs";
import { accessible, browse, choose, counted, goTo, sizeOf } from "./harness.mjs";

const at = "2026-11-29T12:00:00.000Z";
const archive = fileURLToPath(new URL("../testdata/cri.tar.gz", import.meta.url));

test("the treemap of a CRI node", async (t) => {
  const { opened, visitPage } = await browse(t, at);
  const { holders, shared } = commandLine("top", archive, "--at", at, "-n", "0");
  const selectionOf = ({ holder, nodes }) => (nodes.length > 1 ? `holder/${holder}` : holder);
  const mapOf = (page) => page.getByRole("group", { name: /^All bytes by holder/ });
  const areaOf = (page, start) => mapOf(page).getByRole("checkbox", { name: new RegExp(`^${start.replace(/[.+*?()/]/g, "\\$&")}\\b`) });
  const freed = (page) => page.getByRole("region", { name: "Freed bytes" });

  const urlHas = (page, hash) => page.waitForFunction((hash) => location.hash === hash, hash);

  /** Waits for the freed bytes that the command computes. The URL then has the selections. */
  const frees = async (page, selections) => {
    const plan = commandLine("plan", archive, "--at", at, ...selections.flatMap((selection) => ["--delete", selection]));
    const { freed: part } = plan.difference;
    await freed(page).getByText(`frees ${sizeOf(part)}, ${counted(part.objects)} object`).waitFor();
    assert(part.bytes > 0);
    await urlHas(page, `#/overview?${new URLSearchParams(selections.map((selection) => ["delete", selection]))}`);
    return plan;
  };

  /** Waits until an area is ticked. */
  const ticks = (area) => area.and(area.page().locator('[aria-checked="true"]')).waitFor();

  /** Returns the largest area of a single holder: what a person sees first. */
  const largest = async (page) => {
    await mapOf(page).locator(".area").first().waitFor();
    const boxes = await mapOf(page).locator('.area:not(.shared-set, .garbage, .unrecorded)').evaluateAll((areas) =>
      areas.map((area) => ({ title: area.title, size: area.offsetWidth * area.offsetHeight })),
    );
    return boxes.reduce((a, b) => (b.size > a.size ? b : a)).title;
  };

  await t.test("the largest holder is found and ticked with the mouse", async (t) => {
    const page = await opened(t, undefined, archive);
    const [holder] = holders;
    const title = await largest(page);
    assert(title.startsWith(holder.holder), title);
    const area = mapOf(page).getByTitle(title, { exact: true });
    await area.click();
    await ticks(area);
    const plan = await frees(page, [selectionOf(holder)]);
    assert.equal(plan.difference.freed.bytes, holder.retainedBytes);
    await mapOf(page).locator("..").getByText(title).waitFor(); // the text below describes it
    const ticked = page.getByRole("region", { name: "Ticked" });
    await ticked.getByText(selectionOf(holder), { exact: true }).waitFor();
    await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
    await page.getByRole("button", { name: "Copy: commands of the ticked selections" }).click();
    await ticked.getByText("Copied.").waitFor();
    const name = holder.holder.split("/").slice(2).join("/");
    assert.equal(await page.evaluate(() => navigator.clipboard.readText()), `crictl rmi ${name}`);
    await accessible(page, "ticked");
    await page.emulateMedia({ colorScheme: "dark" });
    await accessible(page, "ticked, dark", ["color-contrast"]);
    await area.click();
    await page.getByText("Tick areas to see what their deletion frees").waitFor();
  });

  await t.test("several areas with the keyboard, and a shared part with all its holders; links", async (t) => {
    const page = await opened(t, undefined, archive);
    await mapOf(page).locator('[tabindex="0"]').focus();
    const pressUntil = async (key, matches) => {
      for (let i = 0; i < 200; i++) {
        const title = await page.evaluate(() => document.activeElement.title);
        if (matches(title)) {
          return;
        }
        await page.keyboard.press(key);
      }
      assert.fail("no such area");
    };
    await page.keyboard.press("Home");
    await pressUntil("ArrowRight", (title) => title.startsWith(holders[1].holder));
    await page.keyboard.press("Space");
    await frees(page, [selectionOf(holders[1])]);
    const set = shared.find(({ holders: names }) => names.every((name) => holders.some(({ holder, kind }) => holder === name && kind !== "sandbox" && kind !== "upload")));
    const selections = new Set([selectionOf(holders[1]), ...set.holders.map((name) => selectionOf(holders.find(({ holder }) => holder === name)))]);
    await page.keyboard.press("Home");
    await pressUntil("ArrowRight", (title) => title.startsWith("Shared by ") && title.includes(`: ${sizeOf(set)}, `));
    await page.keyboard.press("Space");
    await frees(page, [...selections]);
    for (const name of set.holders) {
      const area = areaOf(page, name);
      if ((await area.count()) > 0) { // small ones can be less than a pixel
        await ticks(area);
      }
    }
    await page.keyboard.press("Enter");
    await page.getByRole("region", { name: "The object" }).waitFor();
    await page.goBack();
    await page.getByRole("button", { name: "Untick all" }).click();
    await urlHas(page, "#/overview");

    // links to selections, in both views
    const namespace = `namespace/${holders[0].namespace}`;
    await page.evaluate((hash) => (location.hash = hash), `#/overview?delete=${encodeURIComponent(namespace)}`);
    await frees(page, [namespace]);
    await page.evaluate((hash) => (location.hash = hash), `#/what-if?delete=${encodeURIComponent(selectionOf(holders[1]))}`);
    await page.getByRole("checkbox", { name: `Delete ${selectionOf(holders[1])}`, exact: true, checked: true }).waitFor();
    await page.goBack();
    await frees(page, [namespace]);
  });

  await t.test("by touch on a phone, and the same selection in What if and after a reload", async (t) => {
    const page = await opened(t, undefined, archive, { viewport: { width: 390, height: 844 }, hasTouch: true });
    await mapOf(page).getByTitle(await largest(page), { exact: true }).tap();
    const selections = [selectionOf(holders[0])];
    await frees(page, selections);

    await goTo(page, "What if");
    const box = page.getByRole("checkbox", { name: `Delete ${selections[0]}`, exact: true });
    await box.waitFor();
    assert(await box.isChecked());
    const field = page.getByLabel(/^Assume deleted/);
    await field.fill("lease/*");
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: "Keep lease/*" }).waitFor();
    selections.push("lease/*");
    await goTo(page, "Overview");
    await frees(page, selections);

    await goTo(page, "Explore");
    await page.waitForFunction(() => location.hash.startsWith("#/explore?delete="));
    await page.reload();
    await page.getByText("This view needs a file. Open one first.").waitFor();
    await choose(page, "Choose a file", archive);
    await page.getByRole("listbox", { name: "Objects" }).waitFor();
    await goTo(page, "Overview");
    await frees(page, selections);
    await ticks(areaOf(page, holders[0].holder));

    await choose(page, "Open another", fileURLToPath(new URL("../testdata/buildkit.tar.gz", import.meta.url)));
    await page.getByRole("heading", { name: "Overview of buildkit.tar.gz" }).waitFor({ state: "attached" });
    await page.getByText("Tick areas to see what their deletion frees").waitFor(); // ticks belong to a file
  });

  await t.test("of a large node, in parts and completely", async (t) => {
    const page = await visitPage(t);
    await page.evaluate(() => {
      globalThis.parts = []; // the numbers of areas that tasks added
      const areas = (nodes) => nodes.flatMap((node) => (node instanceof Element ? [node, ...node.querySelectorAll(".area")] : [])).filter((node) => node.matches(".area"));
      const observer = new MutationObserver((records) => globalThis.parts.push(areas(records.flatMap(({ addedNodes }) => [...addedNodes])).length));
      observer.observe(document, { childList: true, subtree: true });
    });
    await choose(page, "Choose a file", path("c242-large", "before.db.gz"));
    const map = mapOf(page).and(page.locator('[aria-busy="false"]')).filter({ has: page.locator(".area") });
    await map.waitFor();
    const filled = await map.evaluate((map) => {
      const sizeOf = ({ offsetWidth, offsetHeight }) => offsetWidth * offsetHeight;
      return [...map.querySelectorAll(".area")].reduce((sum, area) => sum + sizeOf(area), 0) / sizeOf(map);
    });
    assert(filled > 0.75, `${filled} of the treemap are areas; the rest are titles and gaps`);
    const parts = await page.evaluate(() => globalThis.parts.filter((areas) => areas > 0));
    assert(parts.length > 1 && Math.max(...parts) <= 200, `${parts} areas at once`);
  });
});
