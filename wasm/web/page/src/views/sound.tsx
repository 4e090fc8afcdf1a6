import { useEffect } from "preact/hooks";
import type { Fsck } from "../../../src/index.js";
import type { Say } from "../parts/announcer.js";
import { ErrorNote } from "../parts/error-note.js";
import { Findings } from "../parts/findings.js";
import { checkFile, type Database } from "../state/database.js";
import { useTask } from "../state/task.js";
import { plural } from "../text/numbers.js";

/** What is wrong with the file and with what is in it, in plain words. */
export function Sound({ database, say }: { database: Database; say: Say }) {
  const task = useTask((signal) => checkFile(database.file, database.at, signal), [database]);
  useEffect(() => {
    if (task.state === "done") {
      say(summary(task.value));
    }
  }, [task]);
  return (
    <article class="sound" aria-busy={task.state === "waiting"}>
      <h1>Is it sound?</h1>
      {task.state === "waiting" && (
        <p class="busy">
          <span class="spinner" aria-hidden="true" /> Checking every page of the file, every record and every reference…
        </p>
      )}
      {task.state === "failed" && <ErrorNote error={task.error} what="The file could not be checked" />}
      {task.state === "done" && (
        <>
          <p class={`verdict ${worst(task.value)}`}>{summary(task.value)}</p>
          <Findings findings={task.value.findings} />
          {!task.value.contentChecked && (
            <p class="hint">
              The content store was not looked at: the page has only the database. On the node,{" "}
              <code>holdfast fsck meta.db --root /var/lib/containerd</code> does.
            </p>
          )}
        </>
      )}
    </article>
  );
}

function summary({ findings, counts }: Fsck): string {
  if (findings.length === 0) {
    return "Nothing is wrong.";
  }
  return `${plural(counts.error, "error")}, ${plural(counts.warning, "warning")}, ${plural(counts.info, "remark")}.`;
}

function worst({ counts }: Fsck): string {
  return counts.error > 0 ? "error" : counts.warning > 0 ? "warning" : "fine";
}
