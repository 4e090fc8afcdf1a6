import { useEffect, useRef, useState } from "preact/hooks";
import { HoldfastError, type CheckProgress, type Fsck, type LostPart, type Previous } from "../../../src/index.js";
import { Command } from "../parts/command.js";
import { ErrorNote, type Say } from "../parts/notes.js";
import { Findings } from "../parts/findings.js";
import { Images } from "../parts/images.js";
import { checkFile, type Database } from "../state/database.js";
import { plural } from "../text/format.js";
import { visible } from "../text/nodes.js";

/** The state of a check. `did` of `of` phases are done, and `phase` is the current one. */
type State =
  | { state: "running"; did: number; of: number; phase: CheckProgress["phase"] }
  | { state: "cancelled" }
  | { state: "failed"; error: unknown }
  | { state: "done"; fsck: Fsck };

const begun: State = { state: "running", did: 0, of: 4, phase: "open" };

const phases: Record<CheckProgress["phase"], string> = {
  open: "Reading the file",
  pages: "Checking the pages of the file",
  read: "Reading the records",
  records: "Checking records, references and images",
  "": "Done",
};

/** The answer of fsck: the faults of the file, of its records and, with an archive, of the snapshotters. */
export function Check({ database, say }: { database: Database; say: Say }) {
  const [state, setState] = useState<State>(begun);
  const abort = useRef(new AbortController());
  const verified = useRef(false);
  const run = async (verify = false) => {
    const mine = new AbortController();
    abort.current = mine;
    setState(begun);
    try {
      const fsck = await checkFile(database.file, database.at, mine.signal, {
        verify,
        onProgress: ({ did, of, progress }) => {
          if (!mine.signal.aborted) setState({ state: "running", did, of, phase: progress.phase });
        },
      });
      verified.current = verify;
      setState({ state: "done", fsck });
      say(verdict(fsck));
    } catch (error) {
      if (abort.current === mine) {
        const cancelled = mine.signal.aborted && error instanceof HoldfastError;
        setState(cancelled ? { state: "cancelled" } : { state: "failed", error });
        say(cancelled ? "The check was cancelled." : "The check failed.");
      }
    }
  };
  useEffect(() => {
    void run();
    return () => abort.current.abort();
  }, [database]);
  return (
    <article class="check-view" aria-busy={state.state === "running"}>
      <h1>Is this node sound?</h1>
      {state.state === "running" && <Running {...state} onCancel={() => abort.current.abort()} />}
      {state.state === "cancelled" && (
        <div class="note">
          <p>The check was cancelled. Nothing was found, because nothing was checked to the end.</p>
          <button type="button" onClick={() => run()}>
            Check again
          </button>
        </div>
      )}
      {state.state === "failed" && <ErrorNote error={state.error} title="The check failed" />}
      {state.state === "done" && <Answer fsck={state.fsck} onVerify={verified.current ? undefined : () => run(true)} />}
    </article>
  );
}

interface RunningProps {
  did: number;
  of: number;
  phase: CheckProgress["phase"];
  onCancel: () => void;
}

function Running({ did, of, phase, onCancel }: RunningProps) {
  return (
    <div class="progress card">
      <p>
        {phases[phase]}, part {Math.min(did + 1, of)} of {of}…
      </p>
      <progress value={did} max={of} aria-label="Progress of the check" />
      <button type="button" onClick={onCancel}>
        Cancel
      </button>
    </div>
  );
}

/** The findings. `onVerify` checks again and compares the content with its digests; undefined after that. */
function Answer({ fsck, onVerify }: { fsck: Fsck; onVerify: (() => void) | undefined }) {
  const { contentChecked, findings, counts, notChecked = [], lost = [], previous, images = [] } = fsck;
  const remarks = findings.filter(({ severity }) => severity === "info");
  return (
    <>
      <p class={`verdict ${counts.error > 0 ? "error" : counts.warning > 0 ? "warning" : "fine"}`}>{verdict(fsck)}</p>
      {lost.length > 0 && <Lost parts={lost} />}
      {previous !== undefined && <PreviousState previous={previous} />}
      <Findings findings={findings.filter(({ severity }) => severity !== "info")} />
      {remarks.length > 0 && (
        <details class="remarks">
          <summary>{plural(remarks.length, "remark")} on usual facts</summary>
          <Findings findings={remarks} />
        </details>
      )}
      <Images images={images} />
      {notChecked.length > 0 && (
        <section class="note unchecked" aria-label="Not looked at">
          <h2>Not looked at</h2>
          <p>The findings say nothing about:</p>
          <ul>
            {notChecked.map((part) => (
              <li key={part}>{visible(part)}</li>
            ))}
          </ul>
          {contentChecked && onVerify !== undefined && (
            <p>
              <button type="button" onClick={onVerify}>
                Compare the content in the file with its digests
              </button>
            </p>
          )}
          <p>On the node, this command looks at everything:</p>
          <Command label="Command that checks the whole node" text="holdfast fsck --verify" />
        </section>
      )}
    </>
  );
}

/** The verdict in the words of the command. "No fault" without a restriction only if everything was looked at. */
function verdict({ counts, notChecked = [] }: Fsck): string {
  if (counts.error + counts.warning > 0) {
    return `${plural(counts.error, "error")}, ${plural(counts.warning, "warning")}.`;
  }
  return notChecked.length === 0
    ? "No fault in the metadata, the content and the snapshotters."
    : "No fault in the parts that were looked at.";
}

function Lost({ parts }: { parts: readonly LostPart[] }) {
  return (
    <section class="note error" aria-label="Lost">
      <p>
        <strong>Parts of the database are lost. The other findings are about the rest.</strong>
      </p>
      <ul>
        {parts.map((part, i) => (
          <li key={i}>{visible(lostText(part))}</li>
        ))}
      </ul>
    </section>
  );
}

function lostText({ bucket, page, from, to, more }: LostPart): string {
  if (more !== undefined) {
    return `${plural(more, "more part")}, anywhere in the database`;
  }
  const where = bucket === "" ? "the whole database" : bucket;
  const range =
    from !== undefined && to !== undefined
      ? `from ${from} to before ${to}`
      : from !== undefined
        ? `from ${from} on`
        : to !== undefined
          ? `before ${to}`
          : "all of it";
  return `${where}, ${range} (page ${page})`;
}

function PreviousState({ previous }: { previous: Previous }) {
  const { whole, fault, onlyPrevious, onlyNewest } = previous;
  return (
    <p class="note">
      {whole
        ? `The previous transaction is whole (holdfast --previous): it has ${plural(onlyPrevious, "object")} that the readable rest lacks, and lacks ${plural(onlyNewest, "object")} of it.`
        : `The previous transaction is damaged, too: ${visible(fault ?? "")}`}
    </p>
  );
}
