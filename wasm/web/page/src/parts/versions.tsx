import { useState } from "preact/hooks";
import type { Other } from "../../../src/index.js";
import type { Database } from "../state/database.js";
import { useTask } from "../state/task.js";
import { count, plural } from "../text/format.js";
import { ErrorNote } from "./notes.js";
import { Working } from "./working.js";

/** The differences between the plans of the versions of containerd that write the same schema. */
export function Versions({ database }: { database: Database }) {
  const [cancelled, setCancelled] = useState(false);
  const task = useTask(async (signal) => (cancelled ? undefined : database.assumed.plan({ others: true, signal })), [database, cancelled]);
  if (task.state === "failed") {
    return <ErrorNote error={task.error} title="The comparison of versions failed" />;
  }
  const others = task.state === "done" && task.value !== undefined ? (task.value.others ?? []) : undefined;
  if (others?.length === 0) {
    return null;
  }
  const running = others === undefined && !cancelled;
  return (
    <section class="card" aria-label="Other versions" aria-busy={running}>
      <h2>Other versions of containerd</h2>
      {running && <Working text="Comparing the plans of other versions" label="Progress of the comparison of versions" onCancel={() => setCancelled(true)} />}
      {cancelled && (
        <p>
          The comparison was cancelled.{" "}
          <button type="button" onClick={() => setCancelled(false)}>
            Compare the versions
          </button>
        </p>
      )}
      {others !== undefined && (
        <p>The file does not contain the version of containerd. {verdict(others, database.plan.containerd)}</p>
      )}
      {others !== undefined && others.some(differs) && (
        <table>
          <thead>
            <tr>
              <th scope="col">containerd</th>
              <th scope="col" class="number">
                Removes more
              </th>
              <th scope="col" class="number">
                Keeps more
              </th>
            </tr>
          </thead>
          <tbody>
            {others.map((other) => (
              <tr key={other.containerd}>
                <th scope="row">{other.containerd}</th>
                {other.fails === undefined || other.fails === "" ? (
                  <>
                    <td class="number">{count(other.removes?.length ?? 0)}</td>
                    <td class="number">{count(other.keeps?.length ?? 0)}</td>
                  </>
                ) : (
                  <td colSpan={2}>fails: {other.fails}</td>
                )}
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

function differs(other: Other): boolean {
  return other.differs > 0 || (other.fails ?? "") !== "";
}

function verdict(others: Other[], containerd: string): string {
  const different = others.filter(differs).length;
  return different === 0
    ? "All other versions with this schema would remove the same objects."
    : `${plural(different, "version")} with this schema ${different === 1 ? "decides" : "decide"} differently from ${containerd}.`;
}
