// Drives the page like a user, with databases of real daemons, and compares it with the command.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { Holdfast } from "holdfast";
import { bytes, casePath, commandLine, expected, path, root } from "../support.mjs";
import { browse, cells, choose, counted, goTo, look, sizeOf } from "./harness.mjs";

const fixture = "c242-labels";
const database = path(fixture, "before.db.gz");
const at = new Date(expected(fixture).gc_time).toISOString();

test("the page", async (t) => {
  const file = await Holdfast.read({ bytes: bytes(fixture), at });
  const top = await file.top();
  await file.close();
  const now = "2026-11-29T12:00:00.000Z"; // of the archives
  const folder = mkdtempSync(join(tmpdir(), "holdfast-"));
  t.after(() => rmSync(folder, { recursive: true }));

  const { visitPage, opened } = await browse(t, at);

  /** Waits until the view shows the result of fsck: the verdict, each remedy once, and the parts not looked at. */
  const soundLike = async (page, { findings, counts, notChecked = [] }) => {
    const serious = counts.error + counts.warning;
    const noun = (n, one) => (n === 1 ? `1 ${one}` : `${counted(n)} ${one}s`);
    const verdict = serious > 0 ? `${noun(counts.error, "error")}, ${noun(counts.warning, "warning")}.` : "No fault in the parts that were looked at.";
    await page.locator(".verdict").getByText(verdict, { exact: true }).waitFor();
    const words = { error: "Error", warning: "Warning", info: "Remark" };
    const groups = Map.groupBy?.(findings, ({ severity, do: remedy }) => `${severity} ${remedy}`) ?? findings.reduce((groups, finding) => {
      const key = `${finding.severity} ${finding.do}`;
      return groups.set(key, [...(groups.get(key) ?? []), finding]);
    }, new Map());
    if (counts.info > 0) {
      await page.getByText(`${noun(counts.info, "remark")} on usual facts`).click();
    }
    for (const group of groups.values()) {
      const checks = [...new Set(group.map(({ check }) => check))].join(", ");
      const section = page.getByRole("region", { name: `${words[group[0].severity]}: ${checks}`, exact: true }).filter({ hasText: `What to do: ${group[0].do}.` });
      await section.getByRole("heading").getByText(new RegExp(`^${counted(group.length)} (object|place)`)).waitFor();
    }
    for (const part of notChecked) {
      await page.getByRole("region", { name: "Not looked at" }).getByText(part).waitFor();
    }
  };

  await t.test("the sample", async (t) => {
    const page = await visitPage(t);
    await look(page, "start");
    await page.getByRole("button", { name: "Try a sample" }).click();
    const plan = commandLine("plan", path("c242-basic", "before.db.gz"), "--at", at);
    await page.getByRole("region", { name: "The answer" }).getByText(`${counted(plan.removed.length)} objects`).waitFor();
  });

  await t.test("a dropped file, two and three of them", async (t) => {
    const page = await visitPage(t);
    const drop = async (...files) => {
      const contents = files.map(({ name, fixture, age }) => ({ name, age, content: gunzipSync(bytes(fixture)).toString("base64") }));
      const dataTransfer = await page.evaluateHandle((contents) => {
        const transfer = new DataTransfer();
        for (const { name, age, content } of contents) {
          const database = Uint8Array.from(atob(content), (c) => c.charCodeAt(0));
          transfer.items.add(new File([database], name, { lastModified: Date.now() - age }));
        }
        return transfer;
      }, contents);
      await page.dispatchEvent("body", "dragover", { dataTransfer });
      await page.dispatchEvent("body", "drop", { dataTransfer });
    };
    await drop({ name: "meta.db", fixture, age: 0 });
    await page.getByRole("heading", { name: "Overview of meta.db" }).waitFor({ state: "attached" });
    await page.getByRole("status").getByText("meta.db is open").waitFor({ state: "attached" });
    await drop({ name: "new.db", fixture: "c242-tiny", age: 0 }, { name: "old.db", fixture, age: 60_000 });
    await page.getByText("From old.db to new.db: ").waitFor();
    await drop(...["a.db", "b.db", "c.db"].map((name) => ({ name, fixture, age: 0 })));
    await page.getByRole("heading", { name: "The selection has 3 databases. Which one?" }).waitFor();
    await page.getByRole("button", { name: "b.db" }).click();
    await page.getByRole("heading", { name: "Overview of b.db" }).waitFor({ state: "attached" });
  });

  await t.test("overview: the results of the command", async (t) => {
    const page = await opened(t, undefined, database);
    const plan = commandLine("plan", database, "--at", at);
    const answer = page.getByRole("region", { name: "The answer" });
    await answer.getByText(`${counted(plan.removed.length)} objects`).waitFor();
    for (const kind of Object.keys(plan.keptCount)) {
      const row = page.getByRole("table", { name: "Objects by kind" }).getByRole("row", { name: new RegExp(`^${kind}\\b`) });
      assert.deepEqual(await cells(row), [counted(plan.keptCount[kind]), counted(plan.removedCount[kind] ?? 0)], kind);
    }
    await page.getByRole("table", { name: "Holders" }).getByText(`of ${counted(commandLine("top", database, "--at", at).holderCount)} holders`).waitFor();
    await look(page, "overview");

    await page.getByRole("group", { name: "Areas by" }).getByText("Objects").click();
    const areas = page.getByRole("group", { name: /^All objects by holder/ }).getByRole("checkbox");
    await areas.first().focus();
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("Enter");
    await page.getByRole("region", { name: "The object" }).getByText(/^Kept: /).first().waitFor();
  });

  for (const name of ["cri", "buildkit"]) {
    const archive = fileURLToPath(new URL(`../testdata/${name}.tar.gz`, import.meta.url));
    const accounting = commandLine("top", archive, "--at", now, "-n", "0");

    await t.test(`overview of ${name}: all bytes, the holders and the summary of the command`, async (t) => {
      const page = await opened(t, undefined, archive, { now });
      const summary = page.getByRole("table", { name: "Summary" });
      for (const { kind, ends, count, kept, reclaimable } of accounting.kinds) {
        const title = { image: "images", container: "containers", label: "objects with the label gc.root", lease: `leases ${ends ? "with" : "without"} an end` }[kind];
        assert.deepEqual(await cells(summary.getByRole("row", { name: new RegExp(`^${title}\\b`) })), [counted(count), sizeOf(kept), sizeOf(reclaimable)], title);
      }
      const { garbage, unknown } = accounting;
      assert.deepEqual(await cells(summary.getByRole("row", { name: /^garbage/ })), [counted(garbage.objects), sizeOf(garbage), sizeOf(garbage)]);
      assert.deepEqual(await cells(summary.getByRole("row", { name: /^on disk only/ })), [counted(unknown.objects), sizeOf(unknown), ""]);

      await page.getByRole("button", { name: "Show 1 more" }).click();
      const holders = page.getByRole("region", { name: "Holders", exact: true });
      const rows = await holders.locator("tbody tr").all();
      assert.equal(rows.length, accounting.holderCount);
      for (const [i, { client, retainedBytes, unsizedSnapshots, retainedObjects, sharedBytes }] of accounting.holders.entries()) {
        const [bytes, shared] = [sizeOf({ bytes: retainedBytes, unsizedSnapshots }), sizeOf({ bytes: sharedBytes, unsizedSnapshots: 0 })];
        assert.deepEqual((await cells(rows[i])).slice(0, 4), [client, bytes, counted(retainedObjects), shared], accounting.holders[i].holder);
      }

      for (const measure of ["Bytes", "Objects"]) {
        await page.getByRole("group", { name: "Areas by" }).getByText(measure).click();
        const map = page.getByRole("group", { name: new RegExp(`^All ${measure.toLowerCase()} by holder`) });
        await map.getByRole("checkbox").first().waitFor();
        const titles = await map.getByRole("checkbox").or(map.getByRole("link")).evaluateAll((areas) => areas.map((area) => area.title));
        const parts = [...accounting.holders.map((h) => [h.retainedBytes, h.retainedObjects]), ...accounting.shared.map((s) => [s.bytes, s.objects]), [garbage.bytes, garbage.objects], [unknown.bytes, unknown.objects]];
        const sizes = parts.map((part) => part[measure === "Bytes" ? 0 : 1]);
        const visible = sizes.filter((size) => size > sizes.reduce((sum, size) => sum + size) / 500); // smaller ones can be less than a pixel
        assert(titles.length >= visible.length && titles.length <= sizes.filter((size) => size > 0).length, titles.join("\n"));
        assert(titles.some((title) => title.startsWith("Shared by ")) && titles.some((title) => title.startsWith("Garbage: ")), titles.join("\n"));
      }
      await look(page, `overview-${name}`);

      const several = accounting.holders.find(({ nodes }) => nodes.length > 1);
      if (several !== undefined) {
        await holders.getByTitle(several.holder, { exact: true }).click();
        const object = page.getByRole("region", { name: "The object" });
        await object.getByText("Retained by its holder").locator("..").getByText(sizeOf({ bytes: several.retainedBytes, unsizedSnapshots: several.unsizedSnapshots })).waitFor();
        for (const node of several.nodes) {
          await object.getByTitle(node, { exact: true }).first().waitFor({ state: "attached" });
        }
        await look(page, `explore-${name}`);
        await page.goBack();
      }
      await page.getByRole("searchbox").fill("cache");
      await page.getByLabel("Order of holders").selectOption("By name");
      await holders.getByText(/^\d+ of \d+ holders?$/).waitFor();
      const found = accounting.holders.filter(({ nodes }) => nodes.some((node) => node.includes("cache"))).map(({ holder }) => holder).sort();
      assert.deepEqual((await holders.getByRole("link").evaluateAll((links) => links.map((link) => link.title))), found);
    });

    await t.test(`what if on ${name}: holders, patterns and namespaces`, async (t) => {
      const page = await opened(t, "What if", archive, { now });
      const region = page.getByRole("region", { name: "Hypothetical plan" });
      const deleted = [];
      const matches = async (...args) => {
        const plan = commandLine("plan", archive, "--at", now, "--containerd", "2.4", ...deleted.flatMap((selection) => ["--delete", selection]), ...args);
        await region.getByText(new RegExp(`^${counted(plan.removed.length)} objects?\\b`)).waitFor();
        if (deleted.length > 0) {
          await region.getByText("The deletion alone frees").locator("..").getByText(sizeOf(plan.difference.freed), { exact: true }).waitFor();
        }
        return plan;
      };
      await matches();
      const largest = accounting.holders[0];
      deleted.push(largest.nodes.length > 1 ? `holder/${largest.holder}` : largest.holder);
      await page.getByRole("checkbox", { name: `Delete ${deleted[0]}`, exact: true }).check();
      await matches();

      const field = page.getByLabel(/^Assume deleted/);
      await field.fill("lease/nowhere/*");
      await page.keyboard.press("Enter");
      await page.getByRole("alert").getByText(/the pattern matches no/).waitFor();
      deleted.push("lease/*");
      await field.fill("lease/*");
      await page.keyboard.press("Enter");
      await matches();
      await page.getByLabel("Kind", { exact: true }).selectOption("namespaces");
      const namespace = `namespace/${largest.namespace}`;
      deleted.push(namespace);
      await page.getByRole("checkbox", { name: `Delete ${namespace}`, exact: true }).check();
      await matches();
      await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
      await page.getByRole("button", { name: "Copy: command of the plan" }).click();
      await page.getByRole("status").getByText("Copied.").waitFor();
      const command = await page.evaluate(() => navigator.clipboard.readText());
      assert.equal((await page.getByLabel("command of the plan", { exact: true }).textContent()).trim(), command);
      assert.equal(command, `holdfast plan ${name}.tar.gz --containerd 2.4 --at ${now} ${deleted.map((selection) => `--delete ${selection.includes("*") ? `'${selection}'` : selection}`).join(" ")}`);
      await look(page, `what-if-${name}`);
      await page.getByRole("button", { name: `Keep ${deleted.pop()}` }).click();
      await matches();
      await page.getByRole("button", { name: "Reset", exact: true }).click();
      deleted.length = 0;
      const expiries = page.getByRole("region", { name: "Expiries" });
      await expiries.getByLabel("Expiries").selectOption("within 7 days");
      const { untilCount = 0, untilFreed } = await matches("--until", "7d");
      await expiries.getByText(`Expiries in that time: ${untilCount}, which free ${untilFreed.objects} object`).waitFor();
    });

    await t.test(`sound? ${name}`, async (t) => {
      const page = await opened(t, "Sound?", archive, { now });
      await soundLike(page, commandLine("fsck", archive, "--at", now));
      await look(page, `sound-${name}`);
    });
  }

  await t.test("the next expiry", async (t) => {
    const page = await opened(t, undefined, casePath("lease-until-tomorrow", "meta.db.gz"), { now: "2026-11-28T20:00:00Z" });
    await page.getByText("From 2026-11-29 18:50:11 UTC on").waitFor();
    await page.getByText(/7 more objects/).waitFor();
  });

  await t.test("a folder", async (t) => {
    const page = await visitPage(t, { now });
    const root = join(folder, "copies");
    for (const [name, to] of [["cri", "a/containerd"], ["buildkit", "b/runc-native"]]) {
      mkdirSync(join(root, to), { recursive: true });
      assert.equal(spawnSync("tar", ["-xzf", fileURLToPath(new URL(`../testdata/${name}.tar.gz`, import.meta.url)), "-C", join(root, to)]).status, 0);
    }
    writeFileSync(join(root, "b/other.db"), "text");
    await choose(page, "Choose a folder", root);
    const nodes = page.getByRole("region", { name: "Nodes in the folder" });
    assert.deepEqual(await nodes.getByRole("button").allTextContents(), ["copies/a/containerd", "copies/b/runc-native"]);
    await look(page, "folder");
    await nodes.getByRole("button", { name: "copies/b/runc-native" }).click();
    await page.getByRole("heading", { name: "Overview of copies/b/runc-native" }).waitFor({ state: "attached" });
    const plan = commandLine("plan", join(root, "b/runc-native"), "--at", now);
    await page.getByRole("region", { name: "The answer" }).getByText(`${counted(plan.removed.length)} objects`).waitFor();

    await page.getByRole("link", { name: "Holdfast, start" }).click();
    await choose(page, "Choose a folder", join(root, "a/containerd"));
    await page.getByRole("heading", { name: "Overview of containerd" }).waitFor({ state: "attached" });
    const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "Save collected" }).click()]);
    assert.equal(download.suggestedFilename(), "containerd-collected.db");
    await goTo(page, "Sound?");
    await page.getByRole("region", { name: "Warning: snapshot-orphan" }).waitFor();

    mkdirSync(join(root, "empty/x"), { recursive: true });
    writeFileSync(join(root, "empty/x/metadata.db"), "text");
    await page.getByRole("link", { name: "Holdfast, start" }).click();
    await choose(page, "Choose a folder", join(root, "empty"));
    await page.getByRole("alert").getByText("empty has no database of containerd.").waitFor();
  });

  await t.test("a dropped folder", async (t) => {
    const page = await visitPage(t, { now });
    const root = join(folder, "dropped/containerd");
    mkdirSync(join(root, "io.containerd.content.v1.content/blobs"), { recursive: true });
    assert.equal(spawnSync("tar", ["-xzf", fileURLToPath(new URL("../testdata/cri.tar.gz", import.meta.url)), "-C", root]).status, 0);
    const cdp = await page.context().newCDPSession(page);
    for (const type of ["dragEnter", "dragOver", "drop"]) {
      await cdp.send("Input.dispatchDragEvent", { type, x: 400, y: 300, data: { items: [], files: [join(folder, "dropped")], dragOperationsMask: 1 } });
    }
    await page.getByRole("heading", { name: "Overview of dropped/containerd" }).waitFor({ state: "attached" });
    await page.getByRole("row", { name: /^on disk only/ }).getByRole("cell", { name: "unknown" }).waitFor();
  });

  await t.test("explore: find an object and its chains", async (t) => {
    const page = await opened(t, "Explore", database);
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
    const page = await opened(t, "What if", database);
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

  await t.test("sound?: the findings of fsck", async (t) => {
    const page = await opened(t, "Sound?", database);
    await soundLike(page, commandLine("fsck", database, "--at", at));
    await look(page, "sound");
  });

  await t.test("sound?: 200 findings of one cause read as one", async (t) => {
    const page = await visitPage(t);
    const node = await Holdfast.open({ bytes: bytes("c242-tiny"), now: at });
    const target = (i) => ({ digest: `sha256:${String(i).padStart(64, "0")}`, mediaType: "application/vnd.oci.image.manifest.v1+json", size: "5" });
    await node.apply(Array.from({ length: 200 }, (_, i) => ({ op: "images.create", ns: "default", image: { name: `img/lost:${i}`, target: target(i) } })));
    const lost = join(folder, "lost.db");
    writeFileSync(lost, await node.save());
    await node.close();
    const { findings } = commandLine("fsck", lost, "--at", at);
    assert(findings.filter(({ check }) => check === "image-broken").length >= 200);
    await choose(page, "Choose a file", lost);
    await page.getByRole("heading", { name: /^Overview of/ }).waitFor({ state: "attached" });
    await goTo(page, "Sound?");
    await soundLike(page, commandLine("fsck", lost, "--at", at));
    assert.equal(await page.getByRole("region", { name: /^Error: .*image-broken/ }).count(), 1);
    await page.getByRole("region", { name: "Images" }).getByText(/^20\d images broken/).waitFor();
    await look(page, "sound-lost");
  });

  await t.test("sound?: cancel and check again", async (t) => {
    const page = await opened(t, undefined, path("c242-large", "before.db.gz"));
    await goTo(page, "Sound?");
    await page.getByRole("progressbar", { name: "Progress of the check" }).waitFor();
    await page.getByRole("button", { name: "Cancel" }).click();
    await page.getByText(/^The check was cancelled\./).first().waitFor();
    await page.getByRole("button", { name: "Check again" }).click();
    await soundLike(page, commandLine("fsck", path("c242-large", "before.db.gz"), "--at", at));
  });

  await t.test("sound?: the content of an archive", async (t) => {
    const archive = casePath("zeroed-config", "root.tar.gz");
    const page = await opened(t, "Sound?", archive);
    await soundLike(page, commandLine("fsck", archive, "--at", at));
    await page.getByRole("button", { name: "Compare the content in the file with its digests" }).click();
    const { notChecked, ...verified } = commandLine("fsck", archive, "--at", at, "--verify");
    assert.equal(notChecked, undefined);
    await page.getByRole("region", { name: "Not looked at" }).waitFor({ state: "detached" });
    await soundLike(page, verified);
  });

  await t.test("sound?: a damaged database", async (t) => {
    const page = await visitPage(t);
    await choose(page, "Choose a file", casePath("salvage-one-leaf", "meta.db.gz"));
    await page.getByRole("alert").first().waitFor();
    const command = commandLine("fsck", casePath("salvage-one-leaf", "meta.db.gz"), "--at", at);
    await soundLike(page, command);
    await page.getByRole("region", { name: "Lost" }).getByText(command.lost[0].bucket).first().waitFor();
    await page.getByText(/^The previous transaction is (whole|damaged)/).waitFor();
    await look(page, "sound-damaged");
  });

  await t.test("save the collected database and open it again", async (t) => {
    const page = await opened(t, undefined, database);
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
    await goTo(page, "Replay");
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
    await goTo(page, "Simulate");
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
    await goTo(page, "Simulate");
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
    await goTo(page, "Explore");
    const list = page.getByRole("listbox", { name: "Objects" });
    await page.getByRole("status").getByText(/^16,\d+ of 16,\d+ objects$/).waitFor();
    assert(await list.getByRole("option").count() < 100, "a list renders only the visible rows");
    await list.focus();
    await page.keyboard.press("End");
    await page.getByRole("region", { name: "The object" }).waitFor();
  });
});
