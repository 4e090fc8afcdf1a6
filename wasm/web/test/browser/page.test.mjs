// Drives the page like a user, with databases of real daemons, and compares it with the command.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { Holdfast } from "holdfast";
import { bytes, commandLine, expected, path, root } from "../support.mjs";
import { launch, look, serve, visit } from "./harness.mjs";

const built = fileURLToPath(new URL("../../dist/page/", import.meta.url));
const fixture = "c242-labels";
const database = path(fixture, "before.db.gz");
const at = new Date(expected(fixture).gc_time).toISOString();
const counted = (number) => number.toLocaleString("en-US");

test("the page", async (t) => {
  const file = await Holdfast.read({ bytes: bytes(fixture), at });
  const top = await file.top();
  await file.close();
  const browser = await launch(t);
  const origin = await serve(t, { folders: { "/some/folder/": built } });
  const folder = mkdtempSync(join(tmpdir(), "holdfast-"));
  t.after(() => rmSync(folder, { recursive: true }));

  const visitPage = (t, options) => visit(t, browser, `${origin}/some/folder/`, { now: at, ...options });
  const choose = (page, button, file) => Promise.all([page.waitForEvent("filechooser"), page.getByRole("button", { name: button }).click()]).then(([chooser]) => chooser.setFiles(file));
  const opened = async (t, view, file = database) => {
    const page = await visitPage(t);
    await choose(page, "Choose a file", file);
    await page.getByRole("heading", { name: /^Overview of/ }).waitFor({ state: "attached" });
    if (view !== undefined) {
      await page.getByRole("navigation").getByRole("link", { name: view, exact: true }).click();
    }
    return page;
  };

  await t.test("the sample", async (t) => {
    const page = await visitPage(t);
    await look(page, "start");
    await page.getByRole("button", { name: "Try a sample" }).click();
    const plan = commandLine("plan", path("c242-basic", "before.db.gz"), "--at", at);
    await page.getByRole("region", { name: "The answer" }).getByText(`${counted(plan.removed.length)} objects`).waitFor();
  });

  await t.test("a dropped file", async (t) => {
    const page = await visitPage(t);
    const transfer = await page.evaluateHandle((content) => {
      const transfer = new DataTransfer();
      transfer.items.add(new File([Uint8Array.from(atob(content), (c) => c.charCodeAt(0))], "meta.db"));
      return transfer;
    }, gunzipSync(bytes(fixture)).toString("base64"));
    await page.dispatchEvent("body", "dragover", { dataTransfer: transfer });
    await page.dispatchEvent("body", "drop", { dataTransfer: transfer });
    await page.getByRole("heading", { name: "Overview of meta.db" }).waitFor({ state: "attached" });
    await page.getByRole("status").getByText("meta.db is open").waitFor({ state: "attached" });
  });

  await t.test("overview: the results of the command", async (t) => {
    const page = await opened(t);
    const plan = commandLine("plan", database, "--at", at);
    const answer = page.getByRole("region", { name: "The answer" });
    await answer.getByText(`${counted(plan.removed.length)} objects`).waitFor();
    for (const kind of Object.keys(plan.keptCount)) {
      const row = page.getByRole("table", { name: "Objects by kind" }).getByRole("row", { name: new RegExp(`^${kind}\\b`) });
      assert.deepEqual(await row.getByRole("cell").allTextContents(), [counted(plan.keptCount[kind]), counted(plan.removedCount[kind] ?? 0)], kind);
    }
    await page.getByText(`of ${counted(top.rootCount)} roots`).waitFor();
    await look(page, "overview");

    await page.getByRole("group", { name: "Areas by" }).getByText("Objects").click();
    const areas = page.getByRole("group", { name: /^Retained size of each root/ }).getByRole("link");
    await areas.first().focus();
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("Enter");
    await page.getByRole("region", { name: "The object" }).getByText(/^Kept: /).first().waitFor();
  });

  await t.test("explore: find an object and its chains", async (t) => {
    const page = await opened(t, "Explore");
    const { node, chains } = top.roots.map(({ node }) => node).filter((node) => node.startsWith("image/"))
      .map((image) => commandLine("inspect", database, image).items.find(({ path }) => path.at(-1) === "digest").value.text)
      .map((digest) => commandLine("why", database, `content/default/${digest}`, "--at", at)).find((why) => why.kept && why.chains[0].length > 1);
    await page.getByRole("searchbox", { name: "Search" }).fill(node.split(":")[1]);
    await page.getByRole("status").getByText(/^1 of 190 objects$/).waitFor();
    await page.getByRole("listbox", { name: "Objects" }).getByRole("option").click();
    const object = page.getByRole("region", { name: "The object" });
    await object.getByText(/^Kept: /).first().waitFor();
    const picture = object.getByRole("region", { name: "Diagram of the chains" });
    await picture.waitFor();
    const drawn = await picture.textContent();
    for (const { reasons: [{ text }] } of chains[0].slice(1)) {
      assert(drawn.includes(text), `${text} is not in ${drawn}`);
    }
    await object.getByRole("table").getByText("sha256:").first().waitFor();
    await look(page, "explore");

    await page.getByRole("searchbox", { name: "Search" }).fill("");
    await page.getByLabel("Status").selectOption("Garbage");
    await page.getByRole("status").getByText(`${commandLine("plan", database, "--at", at).removed.length} of 190 objects`).waitFor();
    await page.getByRole("listbox", { name: "Objects" }).focus();
    await page.keyboard.press("End");
    await object.getByText(/^Garbage/).first().waitFor();
    await page.goBack();
    await object.getByText(/^Kept: /).first().waitFor();
  });

  await t.test("what if: deletions, time and version change the plan", async (t) => {
    const page = await opened(t, "What if");
    const region = page.getByRole("region", { name: "Hypothetical plan" });
    const matches = async (...args) => {
      const plan = commandLine("plan", database, ...args);
      await region.getByText(new RegExp(`^${counted(plan.removed.length)} objects\\b`)).waitFor();
    };
    await matches("--at", at, "--containerd", "2.4");
    await page.getByRole("checkbox", { name: "Delete image/default/img/chain:1" }).check();
    await matches("--at", at, "--containerd", "2.4", "--delete", "image/default/img/chain:1");
    await look(page, "what-if");
    await page.getByRole("combobox", { name: "containerd" }).selectOption("2.1");
    await matches("--at", at, "--containerd", "2.1", "--delete", "image/default/img/chain:1");
    await page.getByRole("checkbox", { name: "Delete image/default/img/chain:1" }).uncheck();
    await page.getByRole("combobox", { name: "containerd" }).selectOption("2.4");
    await page.getByRole("button", { name: "+1 year" }).click();
    await matches("--at", new Date(Date.parse(at) + 365 * 864e5).toISOString(), "--containerd", "2.4");
    await page.getByRole("button", { name: "Reset", exact: true }).click();
    await matches("--at", at, "--containerd", "2.4");
  });

  await t.test("check: the findings of fsck", async (t) => {
    const page = await opened(t, "Check");
    const { findings } = commandLine("fsck", database, "--at", at);
    for (const check of new Set(findings.map(({ check }) => check))) {
      const number = findings.filter((finding) => finding.check === check).length;
      await page.getByRole("region", { name: new RegExp(`: ${check}$`) }).getByRole("heading").getByText(new RegExp(`^${number} object`)).waitFor();
    }
    await look(page, "check");
  });

  await t.test("save the collected database and open it again", async (t) => {
    const page = await opened(t);
    const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "Save collected" }).click()]);
    const saved = join(folder, download.suggestedFilename());
    await download.saveAs(saved);
    assert.deepEqual(commandLine("plan", saved, "--at", at).removed, []);
    assert.deepEqual(commandLine("diff", database, saved).removed, commandLine("plan", database, "--at", at).removed);
    await choose(page, "Open another", saved);
    await page.getByRole("heading", { name: `Overview of ${download.suggestedFilename()}` }).waitFor({ state: "attached" });
    await page.getByRole("region", { name: "The answer" }).getByText(/nothing|^0 objects/).first().waitFor();
  });

  await t.test("replay: steps in both directions", async (t) => {
    const page = await visitPage(t);
    await page.getByRole("navigation").getByRole("link", { name: "Replay" }).click();
    await choose(page, "Choose a trace", join(root, "engine/testdata/world.jsonl"));
    const { ops } = commandLine("replay", join(root, "engine/testdata/world.jsonl"), "--hashes");
    const after = page.getByRole("region", { name: "State after the call" });
    const call = page.getByRole("region", { name: "The call" });
    const step = async (i) => {
      await page.getByText(`Step ${i + 1} of ${ops.length}`).waitFor();
      await call.getByRole("heading", { name: `${ops[i].op.op} line ${ops[i].line}` }).waitFor();
      await call.getByRole("heading", { name: `Result: ${ops[i].result.code}` }).waitFor();
      await after.getByText(ops[i].hash).waitFor();
    };
    await step(0);
    for (const i of [1, 2, 3, 4]) {
      await page.getByRole("button", { name: "Forward" }).click();
      await step(i);
    }
    await page.getByRole("button", { name: "Last" }).click();
    await step(ops.length - 1);
    await look(page, "replay");
    for (const i of [2, 3, 4]) {
      await page.keyboard.press("ArrowLeft");
      await step(ops.length - i);
    }
    await page.getByRole("slider", { name: "Step" }).fill("10");
    await step(9);
    await page.getByRole("button", { name: "First" }).click();
    await page.getByText("Before the first call").waitFor();
  });

  await t.test("simulate: run, stop, change, compare", async (t) => {
    const page = await visitPage(t);
    await page.getByRole("navigation").getByRole("link", { name: "Simulate" }).click();
    const run = page.getByRole("button", { name: "Run" });
    await page.getByLabel("Days").fill("365");
    await run.click();
    await page.getByRole("img", { name: /^Bytes over time/ }).waitFor();
    await page.getByRole("button", { name: "Stop" }).click();
    await page.getByText(/Run 1: .*stopped/).waitFor();

    await page.getByLabel("Days").fill("2");
    await page.getByLabel("Nodes", { exact: true }).fill("1");
    await page.getByLabel("Policies, one per line").fill("none\nlru");
    for (const [number, load] of [[2, "edge"], [3, "k8s-node"]]) {
      await page.getByLabel("Load").selectOption(load);
      await run.click();
      await page.getByText(new RegExp(`Run ${number}: ${load}.*done`)).waitFor();
    }
    await page.getByLabel("Compare with").selectOption({ index: 1 });
    const headers = await page.getByRole("region", { name: "Metrics" }).getByRole("columnheader").or(page.getByRole("region", { name: "Metrics" }).getByRole("rowheader")).allTextContents();
    for (const name of ["lru", "clairvoyant"]) {
      assert(headers.some((header) => header.includes(name)), `${name} is not among ${headers}`);
    }
    await look(page, "simulate");
  });

  await t.test("simulate: a profile in YAML", async (t) => {
    const page = await visitPage(t);
    await page.getByRole("navigation").getByRole("link", { name: "Simulate" }).click();
    const profiles = join(root, "sim/study/profile/data");
    const broken = join(folder, "broken.yaml");
    writeFileSync(broken, readFileSync(join(profiles, "edge.yaml"), "utf8").replace(/^node:$/m, "node: ["));
    await choose(page, "Choose a profile file", broken);
    await page.getByRole("alert").getByText(/^line \d+: /).waitFor();
    await look(page, "broken-profile");

    await choose(page, "Choose a profile file", join(profiles, "edge.yaml"));
    await page.getByRole("alert").waitFor({ state: "detached" });
    await page.getByLabel("Days").fill("2");
    await page.getByLabel("Nodes", { exact: true }).fill("1");
    await page.getByLabel("Policies, one per line").fill("none");
    await page.getByRole("button", { name: "Run", exact: true }).click();
    await page.getByText(/Run 1: edge\.yaml.*done/).waitFor();

    const wrong = join(folder, "wrong.yaml");
    const lines = readFileSync(join(profiles, "edge.yaml"), "utf8").split("\n");
    const at = lines.findIndex((line) => line.trim().startsWith("evidence:"));
    lines[at] = lines[at].replace(/evidence: .*/, "evidence: hearsay");
    writeFileSync(wrong, lines.join("\n"));
    await choose(page, "Choose a profile file", wrong);
    await page.getByRole("button", { name: "Run", exact: true }).click();
    await page.getByRole("alert").getByText(new RegExp(`line ${at}\\b`)).waitFor();
  });

  await t.test("files that cannot be opened", async (t) => {
    const page = await visitPage(t);
    const garbage = join(folder, "garbage.db");
    writeFileSync(garbage, "this is no database");
    await choose(page, "Choose a file", garbage);
    await page.getByRole("alert").first().waitFor();
    await look(page, "no-database");

    const damaged = gunzipSync(bytes(fixture));
    damaged.fill(0xed, 4096 * 3, 4096 * 12);
    writeFileSync(join(folder, "damaged.db"), damaged);
    await choose(page, "Choose a file", join(folder, "damaged.db"));
    const { findings } = commandLine("fsck", join(folder, "damaged.db"), "--at", at);
    await page.getByRole("region", { name: new RegExp(`: ${findings[0].check}$`) }).waitFor();
    await look(page, "damaged");
    await choose(page, "Choose a file", database);
    await page.getByRole("heading", { name: /^Overview of/ }).waitFor({ state: "attached" });
  });

  await t.test("offline", async (t) => {
    const page = await visitPage(t);
    await page.waitForFunction(() => navigator.serviceWorker.controller !== null);
    await page.context().setOffline(true);
    await page.reload();
    await choose(page, "Choose a file", path("c242-large", "before.db.gz"));
    await page.getByRole("heading", { name: /^Overview of/ }).waitFor({ state: "attached" });
    await page.getByRole("navigation").getByRole("link", { name: "Explore" }).click();
    const list = page.getByRole("listbox", { name: "Objects" });
    await page.getByRole("status").getByText(/^16,\d+ of 16,\d+ objects$/).waitFor();
    assert(await list.getByRole("option").count() < 100, "a list renders only the visible rows");
    await list.focus();
    await page.keyboard.press("End");
    await page.getByRole("region", { name: "The object" }).waitFor();
  });
});
