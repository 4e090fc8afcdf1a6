// What an operator does with a node on the page: a damaged file, commands to copy, wrong files, two files.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, truncateSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { Holdfast } from "holdfast";
import { bytes, casePath, commandLine, path, program } from "../support.mjs";
import { accessible, browse, cells, choose, counted, goTo, sizeOf } from "./harness.mjs";

const archiveOf = (name) => fileURLToPath(new URL(`../testdata/${name}.tar.gz`, import.meta.url));
const at = "2026-11-29T12:00:00.000Z";

test("the page for operators", async (t) => {
  const { visitPage, opened } = await browse(t, at);

  await t.test("the readable rest of a damaged file: unknown figures are unknown", async (t) => {
    const damaged = casePath("salvage-one-leaf", "meta.db.gz");
    const page = await visitPage(t);
    await choose(page, "Choose a file", damaged);
    await page.getByRole("button", { name: "Open the readable rest" }).click();
    await page.getByRole("heading", { name: /^Overview of/ }).waitFor({ state: "attached" });
    const accounting = commandLine("top", damaged, "--salvage", "--at", at, "-n", "0");
    const plan = commandLine("plan", damaged, "--salvage", "--at", at);
    const summary = page.getByRole("table", { name: "Summary" });
    const titles = { image: "images", container: "containers", sandbox: "sandboxes", label: "objects with the label gc.root", upload: "uploads" };
    for (const { kind, ends, count, kept, reclaimable } of accounting.kinds) {
      const title = titles[kind] ?? `leases ${ends ? "with" : "without"} an end`;
      assert.deepEqual(await cells(summary.getByRole("row", { name: new RegExp(`^${title}\\b`) })), [counted(count), sizeOf(kept), sizeOf(reclaimable)], title);
    }
    assert.equal(accounting.kinds[0].reclaimable.bytes, -1);
    const { unheld, withheld } = accounting;
    assert.deepEqual(await cells(summary.getByRole("row", { name: /^held by no readable record/ })), [counted(unheld.objects), sizeOf(unheld), "unknown"]);
    await page.getByRole("region", { name: "Withheld" }).first().getByText(`${withheld[0].namespace}: ${withheld[0].objects} objects withheld`).waitFor();
    const answer = page.getByRole("region", { name: "The answer" });
    await answer.getByText(sizeOf({ bytes: plan.removedBytes, unsizedSnapshots: plan.unsizedSnapshots }), { exact: true }).waitFor();
    await answer.getByText(/kept by one holder,/).getByText(/: \S+ B\+\? kept by one holder/).waitFor();
    const holders = page.getByRole("region", { name: "Holders", exact: true }).locator("tbody tr");
    await holders.first().waitFor();
    for (const [i, row] of (await holders.all()).entries()) {
      const { client, retainedBytes, unsizedSnapshots, retainedObjects } = accounting.holders[i];
      assert.deepEqual((await cells(row)).slice(0, 3), [client, sizeOf({ bytes: retainedBytes, unsizedSnapshots }), counted(retainedObjects)], accounting.holders[i].holder);
    }
    await accessible(page, "damaged-rest");
    const shown = async (view) => {
      if (view !== undefined) {
        await goTo(page, view);
      }
      const text = await page.getByRole("main").innerText();
      assert.doesNotMatch(text, /[-−]1 (B|object|more)|: -1\b|\s-1\s/, `${view}: an unknown figure is shown as -1`);
    };
    await shown();
    await goTo(page, "What if");
    await page.getByRole("checkbox", { name: "Delete container/default/c1" }).or(page.getByRole("checkbox", { name: "Delete holder/container/default/c1" })).check();
    await page.getByText("The deletion alone frees").locator("..").getByText("unknown", { exact: true }).waitFor();
    await page.getByText(/--salvage/).waitFor();
    await shown("What if");
    await page.evaluate(() => (location.hash = "#/explore/container%2Fdefault%2Fc1"));
    await page.getByRole("region", { name: "The object" }).getByText(/^Records of its namespace are lost/).waitFor();
    await shown();
  });

  await t.test("a damaged file of whose objects none is surely garbage", async (t) => {
    const page = await visitPage(t);
    const folder = mkdtempSync(join(tmpdir(), "holdfast-"));
    t.after(() => rmSync(folder, { recursive: true }));
    for (const lost of [12, 29]) { // a container, and everything
      const database = gunzipSync(bytes("c242-tiny"));
      database.fill(0xed, lost * 4096, (lost + 1) * 4096);
      const file = join(folder, `lost-${lost}.db`);
      writeFileSync(file, database);
      const { stderr } = spawnSync(program, ["plan", file, "--salvage"], { encoding: "utf8" });
      assert.match(stderr, /^holdfast: records are lost/);
      await page.getByRole("link", { name: "Holdfast, start" }).click();
      await choose(page, "Choose a file", file);
      await page.getByRole("button", { name: "Open the readable rest" }).click();
      await page.getByRole("heading", { name: `Overview of lost-${lost}.db` }).waitFor({ state: "attached" });
      const answer = page.getByRole("region", { name: "The answer" });
      await answer.getByText("unknown", { exact: true }).first().waitFor();
      await answer.getByText("an unknown number of objects").waitFor();
      const { garbage, kinds } = commandLine("top", file, "--salvage", "--at", at);
      const rows = page.getByRole("table", { name: "Summary" }).getByRole("row");
      assert.deepEqual(await cells(rows.filter({ hasText: /^garbage/ })), [counted(garbage.objects), sizeOf(garbage), sizeOf(garbage)]);
      assert(kinds.every(({ reclaimable }) => reclaimable.bytes < 0));
      await goTo(page, "What if");
      await page.getByRole("alert").getByText(/^records are lost/).waitFor();
    }
  });

  await t.test("the commands of deletions and findings, copied without permission by selecting them", async (t) => {
    const page = await opened(t, "What if", archiveOf("cri"));
    await page.evaluate(() => (navigator.clipboard.writeText = () => Promise.reject(new Error("denied"))));
    const field = page.getByLabel(/^Assume deleted/);
    for (const selection of ["holder/image/k8s.io/docker.io/library/model:2", "container/k8s.io/c-web-1", "image/k8s.io/registry.example/team/api:1.1", "lease/*"]) {
      await field.fill(selection);
      await page.keyboard.press("Enter");
      await page.getByRole("button", { name: `Keep ${selection}` }).waitFor();
    }
    const commands = page.getByLabel("commands of the deletion", { exact: true });
    await commands.getByText(/leases rm/).waitFor();
    const { deleted } = commandLine("plan", archiveOf("cri"), "--at", at, "--delete", "lease/*");
    const wanted = ["crictl rm c-web-1", "crictl rmi docker.io/library/model:2", "ctr -n k8s.io images rm registry.example/team/api:1.1"];
    assert.deepEqual((await commands.innerText()).trim().split("\n").toSorted(), [...wanted, ...deleted.map((node) => `ctr -n ${node.split("/")[1]} leases rm ${node.split("/")[2]}`)].toSorted());
    await page.getByRole("button", { name: "Copy: commands of the deletion" }).click();
    await page.getByRole("status").getByText("Selected: press Ctrl+C").waitFor();
    assert.equal(await page.evaluate(() => getSelection().toString().trim()), (await commands.innerText()).trim());

    await goTo(page, "Sound?");
    await page.getByText(/^\d+ remarks? on usual facts/).click();
    const { findings } = commandLine("fsck", archiveOf("cri"), "--at", at);
    for (const { node } of findings) {
      const copy = page.getByRole("button", { name: `Copy: command for ${node}`, exact: true });
      await copy.click();
      assert.match(await page.evaluate(() => getSelection().toString()), /^(ctr -n|crictl|holdfast) /, node);
    }
    await accessible(page, "findings with commands");
  });

  await t.test("a large wrong file is refused from its first pages", async (t) => {
    const page = await visitPage(t);
    await page.evaluate(() => {
      const post = Worker.prototype.postMessage;
      globalThis.largest = 0;
      Worker.prototype.postMessage = function (message, ...rest) {
        globalThis.largest = Math.max(globalThis.largest, message.body?.size ?? message.body?.byteLength ?? 0);
        return post.call(this, message, ...rest);
      };
    });
    const folder = mkdtempSync(join(tmpdir(), "holdfast-"));
    t.after(() => rmSync(folder, { recursive: true }));
    const snapshotter = gunzipSync(readFileSync(casePath("wrong-file", "metadata.db.gz")));
    for (const [name, start] of [["metadata.db", snapshotter], ["notes.db", Buffer.from("no database")]]) {
      const file = join(folder, name);
      writeFileSync(file, start);
      truncateSync(file, 200 << 20);
      const { stderr } = spawnSync(program, ["plan", file], { encoding: "utf8" });
      await choose(page, "Choose a file", file);
      await page.getByRole("alert").getByText(`${name} cannot be opened.`).waitFor();
      const message = await page.locator(".note .where").innerText();
      assert(stderr.includes(message.replace(/^database: /, "")), `${message}\nis not in\n${stderr}`);
    }
    assert((await page.evaluate(() => globalThis.largest)) < 200_000, "the file was copied");
  });

  await t.test("two files are compared", async (t) => {
    const page = await visitPage(t);
    const folder = mkdtempSync(join(tmpdir(), "holdfast-"));
    t.after(() => rmSync(folder, { recursive: true }));
    const older = path("c242-labels", "before.db.gz");
    const changed = await Holdfast.open({ bytes: bytes("c242-labels"), now: at });
    const { removed: collected } = await changed.collect();
    await changed.apply([
      { op: "namespaces.setlabel", name: "default", key: "a", value: "b" },
      { op: "images.create", ns: "default", image: { name: "<b>new</b>", target: { digest: `sha256:${"0".repeat(64)}`, mediaType: "text/plain", size: "1" } } },
    ]);
    const newer = join(folder, "newer.db");
    writeFileSync(newer, await changed.save());
    await changed.close();
    utimesSync(newer, new Date(), new Date(Date.now() + 60_000));
    await choose(page, "Choose a file", [newer, older]);
    const diff = commandLine("diff", older, newer);
    assert(collected.length > 5 && diff.removed.length >= collected.length && diff.added.includes("image/default/<b>new</b>"));
    const counts = `${diff.added.length} added, ${diff.removed.length} removed, ${diff.changed.length} changed, and ${diff.outside.length} change`;
    await page.getByText(`From before.db.gz to newer.db: ${counts}`).waitFor();
    const row = (table, name) => cells(page.getByRole("table", { name: table }).getByRole("row", { name }));
    for (const [file, role] of [[older, "older"], [newer, "newer"]]) {
      const plan = commandLine("plan", file, "--at", at);
      assert.deepEqual(await row("A collection would remove", new RegExp(`db(.gz)? ${role}`)), [counted(plan.removed.length), sizeOf({ bytes: plan.removedBytes, unsizedSnapshots: plan.unsizedSnapshots }), counted(plan.removed.length)]);
    }
    const inDefault = (list) => list.filter((node) => node.startsWith("content/default/")).length;
    assert.deepEqual(await row("Differences by kind and namespace", "content default"), [diff.added, diff.removed, diff.changed.map(({ node }) => node)].map((list) => counted(inDefault(list))));
    const list = page.getByRole("region", { name: "Differences", exact: true });
    await list.getByText("<b>new</b>").waitFor();
    await page.getByRole("group", { name: "Which differences" }).getByText("Removed").click();
    await list.getByRole("link").first().waitFor();
    await accessible(page, "compare");
    await page.getByRole("button", { name: "Swap older and newer" }).click();
    await page.getByText(/^From newer.db to before.db.gz: /).waitFor();
    await page.getByRole("group", { name: "Which differences" }).getByText("New garbage").click();
    await page.getByRole("heading", { name: `Differences ${counted(commandLine("plan", older, "--at", at).removed.length)}` }).waitFor();
    await page.getByLabel("command of the comparison", { exact: true }).getByText("holdfast diff newer.db before.db.gz -v").waitFor();
    await list.getByRole("link").first().click();
    await page.getByRole("region", { name: "The object" }).waitFor();
  });

  await t.test("a reload keeps the view and the assumptions, and the file if the user agrees", async (t) => {
    const page = await opened(t, "What if", archiveOf("cri"));
    await page.getByLabel(/^Assume deleted/).fill("lease/*");
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: "+1 week" }).click();
    const later = new Date(Date.parse(at) + 7 * 864e5).toISOString();
    const plan = commandLine("plan", archiveOf("cri"), "--at", later, "--delete", "lease/*");
    const matches = async () => {
      const region = page.getByRole("region", { name: "Hypothetical plan" });
      await region.getByText("The deletion alone frees").locator("..").getByText(sizeOf(plan.difference.freed), { exact: true }).waitFor();
      await region.getByText(new RegExp(`^${counted(plan.removed.length)} objects?\\b`)).waitFor();
    };
    await matches();
    assert.equal(new URL(page.url()).hash, `#/what-if?delete=lease%2F*&at=${encodeURIComponent(later)}`);

    await page.reload();
    await page.getByText("This view needs a file. Open one first.").waitFor();
    await choose(page, "Choose a file", archiveOf("cri"));
    await matches();

    await page.getByRole("button", { name: "Keep here" }).click();
    await page.getByRole("button", { name: "Kept here", pressed: true }).waitFor();
    await page.reload();
    await matches();
    await goTo(page, "Explore");
    await goTo(page, "What if");
    await matches();
    await page.getByRole("button", { name: "Keep lease/*" }).click();
    await page.waitForFunction(() => !location.hash.includes("delete"));

    await choose(page, "Open another", archiveOf("buildkit"));
    await page.getByRole("button", { name: "Keep here", pressed: false }).waitFor();
    await page.reload();
    await page.getByText("This view needs a file. Open one first.").waitFor();
  });

  await t.test("the object of a diagram is in view, and labels fit", async (t) => {
    const page = await opened(t, undefined, archiveOf("cri"));
    const layer = "content/k8s.io/sha256:c7b87438d45d3deac66f8630606f1ef2990056f547c3ec0e434c14679d13ba2f";
    assert.equal(commandLine("why", archiveOf("cri"), layer, "--at", at, "-n", "8").chains.length, 8);
    await page.evaluate((node) => (location.hash = `#/explore/${encodeURIComponent(node)}`), layer);
    const diagram = page.getByRole("region", { name: "Diagram of the chains" });
    for (const width of [1280, 390]) {
      await page.setViewportSize({ width, height: 800 });
      await diagram.locator(".box.last").waitFor();
      await page.waitForFunction(() => {
        const [view, object] = [".chains", ".box.last > rect"].map((name) => document.querySelector(name).getBoundingClientRect());
        return view.width > 0 && object.left >= view.left && object.right <= view.right;
      });
    }
    const overflowing = await diagram.locator("a.box").evaluateAll((boxes) =>
      boxes.flatMap((box) => [...box.querySelectorAll("text")].filter((text) => text.getBBox().x + text.getBBox().width > box.querySelector("rect").getBBox().x + 206).map((text) => text.textContent)),
    );
    assert.deepEqual(overflowing, []);
    assert((await diagram.locator("text.key").allTextContents()).some((text) => text.includes("…")), "no label is long");
  });

  await t.test("on a phone, all tabs are in view; on paper, only the contents", async (t) => {
    const page = await opened(t, undefined, archiveOf("cri"), { viewport: { width: 320, height: 640 }, colorScheme: "dark" });
    const tabs = await page.getByRole("navigation").getByRole("link").all();
    assert.equal(tabs.length, 7);
    for (const tab of tabs) {
      const { x, width } = await tab.boundingBox();
      assert(x >= 0 && x + width <= 320, `${await tab.innerText()} is not in view`);
    }
    assert(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), "the page is wider than the screen");
    await page.emulateMedia({ media: "print" });
    assert(!(await page.getByRole("navigation").isVisible()));
    assert.equal(await page.getByRole("button").filter({ visible: true }).count(), 0);
    assert(await page.getByRole("table", { name: "Summary" }).isVisible());
    assert.equal(await page.evaluate(() => getComputedStyle(document.body).backgroundColor), "rgb(255, 255, 255)");
    assert.equal(await page.evaluate(() => getComputedStyle(document.body).color), "rgb(28, 36, 48)");
  });
});
