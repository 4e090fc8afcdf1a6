// Cancels long work on the page, which must then be as before. The module never answers: no duration matters.
import assert from "node:assert/strict";
import { join } from "node:path";
import test from "node:test";
import { casePath, commandLine, path, root } from "../support.mjs";
import { accessible, browse, choose, counted, goTo } from "./harness.mjs";

const at = "2026-11-29T12:00:00.000Z";
const tiny = path("c242-tiny", "before.db.gz");
const labels = path("c242-labels", "before.db.gz");
const older = path("c17-labels", "before.db.gz");

/** Lets requests of a verb vanish; without a verb, none. */
const swallow = (page, verb = "") =>
  page.evaluate((verb) => {
    globalThis.post ??= Worker.prototype.postMessage;
    Worker.prototype.postMessage = function (message, ...rest) {
      const header = message.header === undefined ? "" : new TextDecoder().decode(message.header);
      return verb !== "" && header.includes(`"verb":"${verb}"`) ? undefined : globalThis.post.call(this, message, ...rest);
    };
  }, verb);

/** Lets requests whose header has a text wait until `release`. */
const hold = (page, text) =>
  page.evaluate((text) => {
    const post = Worker.prototype.postMessage;
    const held = [];
    Worker.prototype.postMessage = function (message, ...rest) {
      const header = message.header === undefined ? "" : new TextDecoder().decode(message.header);
      return header.includes(text) ? void held.push(() => post.call(this, message, ...rest)) : post.call(this, message, ...rest);
    };
    globalThis.release = () => {
      Worker.prototype.postMessage = post;
      held.forEach((send) => send());
    };
  }, text);
const release = (page) => page.evaluate(() => globalThis.release());

test("cancelled work", async (t) => {
  const { visitPage, opened } = await browse(t, at);

  await t.test("a comparison: the earlier one is shown again", async (t) => {
    const page = await opened(t, "Compare", labels);
    const cancel = page.getByRole("button", { name: "Cancel" });
    const { added, removed, changed } = commandLine("diff", labels, tiny);
    const verdict = page.getByText(`From before.db.gz to before.db.gz: ${counted(added.length)} added, ${counted(removed.length)} removed, ${counted(changed.length)} changed`);
    const lead = page.getByText("Choose a second database");
    for (const [verb, part] of [["read", "Reading before.db.gz, part 1 of 4"], ["diff", "Comparing, part 3 of 4"], ["plan", "Planning a collection of before.db.gz, part 4 of 4"]]) {
      await swallow(page, verb);
      await choose(page, "Choose a second file", tiny);
      await page.getByText(`${part}…`).waitFor();
      await page.getByRole("progressbar", { name: "Progress of the comparison" }).waitFor();
      while (page.workers().length < 2) {
        await page.waitForEvent("worker");
      }
      const worker = page.workers()[1]; // the first one has the open file
      await Promise.all([worker.waitForEvent("close"), cancel.click()]);
      await lead.waitFor();
    }
    await swallow(page);
    await choose(page, "Choose a second file", tiny);
    await verdict.waitFor();
    await page.getByRole("button", { name: "Swap older and newer" }).click();
    const swapped = page.getByText(`${counted(removed.length)} added, ${counted(added.length)} removed, ${counted(changed.length)} changed`);
    await swapped.waitFor();

    await swallow(page, "diff");
    await choose(page, "Choose a second file", older);
    await page.getByText("Comparing, part 3 of 4…").waitFor();
    await cancel.click();
    await swapped.waitFor();
    await goTo(page, "Explore"); // the open file answers
    await page.getByRole("status").getByText(/^190 of 190 objects$/).waitFor();
  });

  await t.test("a study: the earlier run is shown again", async (t) => {
    const page = await visitPage(t);
    await goTo(page, "Simulate");
    await page.getByLabel("Nodes", { exact: true }).fill("1");
    await page.getByLabel("Policies, one per line").fill("none");
    const cancel = page.getByRole("button", { name: "Cancel" });
    const run = async (days) => {
      await page.getByLabel("Days").fill(days);
      await page.getByRole("button", { name: "Run", exact: true }).click();
    };
    await run("365");
    await page.getByRole("progressbar", { name: "Progress of the run" }).waitFor();
    await cancel.click();
    await page.getByText("Choose a load and policies, then run the study.").waitFor();

    await run("1");
    await page.getByText(/^Run 1: k8s-node, 1 day, .*done/).waitFor();
    await run("365");
    await page.getByRole("img", { name: /^Bytes over time/ }).waitFor();
    await cancel.click();
    await page.getByText(/^Run 1: k8s-node, 1 day, .*done/).waitFor();
    await page.getByRole("region", { name: "Metrics" }).waitFor();
    assert.equal(await page.getByLabel("Compare with").count(), 0);
    await run("2");
    await page.getByText(/^Run 2: k8s-node, 2 days, .*done/).waitFor();
    assert.equal(await page.getByLabel("Compare with").locator("option").count(), 2);
  });

  await t.test("a replay, and the collection of a copy", async (t) => {
    const page = await opened(t, "Replay", labels);
    const trace = join(root, "engine/testdata/world.jsonl");
    await choose(page, "Choose a trace", trace);
    await page.getByText(/^Step 1 of /).waitFor();
    await swallow(page, "apply");
    await page.getByRole("button", { name: "Try a sample" }).click();
    await page.getByRole("progressbar", { name: "Progress of the replay" }).waitFor();
    await page.getByRole("button", { name: "Cancel", exact: true }).click();
    await swallow(page);
    await page.getByRole("button", { name: "Forward" }).click();
    await page.getByText(/^Step 2 of /).waitFor();

    await swallow(page, "gc");
    await page.getByRole("button", { name: "Save collected" }).click();
    await page.getByRole("button", { name: "Cancel collecting" }).click();
    await swallow(page);
    const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "Save collected" }).click()]);
    assert.equal(download.suggestedFilename(), "before-collected.db");
  });

  await t.test("the opening of a file ends its worker, and an earlier file is opened again", async (t) => {
    const page = await visitPage(t);
    await swallow(page, "account");
    await choose(page, "Choose a file", labels);
    await page.getByText("Attributing all bytes to holders of before.db.gz").waitFor();
    await page.getByRole("progressbar", { name: "Progress of the opening" }).waitFor();
    await accessible(page, "opening");
    const [worker] = page.workers();
    await Promise.all([worker.waitForEvent("close"), page.getByRole("button", { name: "Cancel" }).click()]);
    await page.getByRole("button", { name: "Choose a file" }).waitFor();

    await swallow(page);
    await choose(page, "Choose a file", labels);
    await page.getByRole("heading", { name: /^Overview of/ }).waitFor({ state: "attached" });
    await page.getByRole("group", { name: /^All bytes by holder/ }).getByRole("checkbox").first().click();
    const frees = page.getByRole("region", { name: "Freed bytes" }).getByText(/frees \d/);
    await frees.waitFor();
    const was = await frees.innerText();
    await swallow(page, "account");
    await choose(page, "Open another", tiny);
    await page.getByText("Attributing all bytes to holders of before.db.gz").waitFor();
    await swallow(page);
    await page.getByRole("button", { name: "Cancel" }).click();
    await frees.waitFor();
    assert.equal(await frees.innerText(), was);
  });

  await t.test("the comparison of versions, which can begin again", async (t) => {
    const page = await visitPage(t);
    await hold(page, '"others":true');
    await choose(page, "Choose a file", labels);
    const versions = page.getByRole("region", { name: "Other versions" });
    await versions.getByRole("progressbar", { name: "Progress of the comparison of versions" }).waitFor();
    await versions.getByRole("button", { name: "Cancel" }).click();
    await versions.getByText("The comparison was cancelled.").waitFor();
    await accessible(page, "comparison of versions, cancelled");
    await release(page);
    await versions.getByRole("button", { name: "Compare the versions" }).click();
    await versions.getByText(/with this schema/).waitFor();
    await versions.getByText("The comparison was cancelled.").waitFor({ state: "detached" });
  });

  await t.test("the plan of a deletion: the earlier assumptions are back", async (t) => {
    const page = await opened(t, "What if", labels);
    const field = page.getByLabel(/^Assume deleted/);
    const add = async (selection) => {
      await field.fill(selection);
      await page.keyboard.press("Enter");
    };
    const deletion = (selection) => page.getByRole("button", { name: `Keep ${selection}`, exact: true });
    const progress = page.getByRole("progressbar", { name: "Progress of the plan" });
    const cancel = page.getByRole("button", { name: "Cancel" });
    const [lease, namespace] = ["lease/*", `namespace/${commandLine("top", labels, "--at", at).holders[0].namespace}`];
    await add(lease);
    await deletion(lease).waitFor();
    const plan = page.getByRole("region", { name: "Hypothetical plan" });
    const freed = commandLine("plan", labels, "--at", at, "--delete", lease).difference.freed;
    const earlier = plan.getByText(`${counted(freed.objects)} object`).first();
    await earlier.waitFor();

    await hold(page, `"deleted":["${namespace}"]`); // the selection alone: it selects something
    await add(namespace);
    await progress.waitFor();
    await accessible(page, "plan");
    await cancel.click();
    await progress.waitFor({ state: "detached" });
    assert.equal(await field.inputValue(), namespace);
    await release(page);

    await hold(page, `"deleted":["${lease}","${namespace}"]`);
    await add(namespace);
    await deletion(namespace).waitFor();
    await progress.waitFor();
    await cancel.click();
    await deletion(namespace).waitFor({ state: "detached" });
    await earlier.waitFor();
    const hash = `#/what-if?${new URLSearchParams({ delete: lease })}`; // the page sets it after rendering
    await page.waitForFunction((hash) => location.hash === hash, hash);
    await release(page);
    await goTo(page, "Overview");
    await page.getByRole("region", { name: "Freed bytes" }).getByText("Deleting 1 ticked selection").waitFor();
  });

  await t.test("the check of a file that cannot be opened", async (t) => {
    const page = await visitPage(t);
    await swallow(page, "step");
    await choose(page, "Choose a file", casePath("salvage-one-leaf", "meta.db.gz"));
    await page.getByText("meta.db.gz cannot be opened.").waitFor();
    await page.getByText("Checking the pages of the file…").waitFor();
    await page.getByRole("button", { name: "Cancel" }).click();
    await page.getByText("Checking the pages of the file…").waitFor({ state: "detached" });
    await page.getByRole("button", { name: "Open the readable rest" }).click();
    await page.getByRole("heading", { name: /^Overview of/ }).waitFor({ state: "attached" });
  });
});
