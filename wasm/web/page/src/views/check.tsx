import { useEffect } from "preact/hooks";
import type { Fsck } from "../../../src/index.js";
import { ErrorNote, type Say } from "../parts/notes.js";
import { Findings } from "../parts/findings.js";
import { checkFile, type Database } from "../state/database.js";
import { useTask } from "../state/task.js";
import { plural } from "../text/format.js";

/** The findings of a check of the file and its records. */
export function Check({ database, say }: { database: Database; say: Say }) {
  const task = useTask((signal) => checkFile(database.file, database.at, signal), [database]);
  useEffect(() => {
    if (task.state === "done") {
      say(summary(task.value));
    }
  }, [task]);
  return (
    <article class="check-view" aria-busy={task.state === "waiting"}>
      <h1>Check</h1>
      {task.state === "waiting" && (
        <p class="busy">
          <span class="spinner" aria-hidden="true" /> Checking all pages, records and references…
        </p>
      )}
      {task.state === "failed" && <ErrorNote error={task.error} title="The check failed" />}
      {task.state === "done" && (
        <>
          <p class={`verdict ${worst(task.value)}`}>{summary(task.value)}</p>
          <Findings findings={task.value.findings} />
          {!task.value.contentChecked && (
            <p class="hint">
              The content store was not checked, because the page has only the database. To check it, run on the node:{" "}
              <code>holdfast fsck meta.db --root /var/lib/containerd</code>
            </p>
          )}
        </>
      )}
    </article>
  );
}

function summary({ findings, counts }: Fsck): string {
  if (findings.length === 0) {
    return "No faults found.";
  }
  return `${plural(counts.error, "error")}, ${plural(counts.warning, "warning")}, ${plural(counts.info, "remark")}.`;
}

function worst({ counts }: Fsck): string {
  return counts.error > 0 ? "error" : counts.warning > 0 ? "warning" : "fine";
}
