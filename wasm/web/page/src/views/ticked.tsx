import { Deletion } from "../parts/command.js";
import { ErrorNote } from "../parts/notes.js";
import { planning, Recomputing } from "../parts/working.js";
import type { Hypothesis } from "../state/assumptions.js";
import { hrefOf } from "../state/route.js";
import { plural, sizeOf, time } from "../text/format.js";
import { Chips } from "./selected.js";

/** One line above the treemap: the bytes that the deletion of the ticked areas frees. */
export function Freed({ hypothesis }: { hypothesis: Hypothesis }) {
  const { deleted, plan, busy, error, change, cancel } = hypothesis;
  if (deleted.size === 0) {
    return <p class="freed hint">Tick areas to see what their deletion frees: press an area, or Space.</p>;
  }
  const freed = plan?.difference?.freed;
  return (
    <Recomputing busy={busy} {...planning} onCancel={cancel}>
      <section class="freed" aria-label="Freed bytes" aria-busy={busy}>
        <p>
          Deleting {plural(deleted.size, "ticked selection")} frees{" "}
          {error === undefined && freed !== undefined ? (
            <>
              <strong>{sizeOf(freed)}</strong>, {plural(freed.objects, "object")}.
            </>
          ) : busy ? (
            "…"
          ) : (
            <strong>nothing that is known.</strong>
          )}
        </p>
        <button type="button" class="quiet" onClick={() => change({ deleted: new Set() })}>
          Untick all
        </button>
      </section>
    </Recomputing>
  );
}

/** What is ticked, and the commands that delete it. */
export function Ticked({ hypothesis }: { hypothesis: Hypothesis }) {
  const { deleted, at, containerd, moved, plan, error, toggle, commands } = hypothesis;
  if (deleted.size === 0) {
    return null;
  }
  return (
    <section class="ticked" aria-label="Ticked">
      <h3>Ticked</h3>
      <Chips deleted={deleted} onToggle={toggle} />
      {error !== undefined && <ErrorNote error={error} title="The plan failed" />}
      {error === undefined && (plan?.fails ?? "") !== "" && <p class="fault">The collection would fail and remove nothing: {plan!.fails}</p>}
      {commands !== "" && <Deletion label="commands of the ticked selections" commands={commands} />}
      <p>
        {moved && (
          <>
            Assumed: containerd {containerd} at {time(at)}.{" "}
          </>
        )}
        <a href={hrefOf("what-if")}>All consequences, other times and versions: What if</a>
      </p>
    </section>
  );
}
