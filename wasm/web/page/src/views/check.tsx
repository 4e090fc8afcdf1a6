import { useEffect, useRef, useState } from "preact/hooks";
import { HoldfastError, type CheckProgress, type Fsck } from "../../../src/index.js";
import { FsckAnswer, verdict } from "../parts/fsck.js";
import { ErrorNote, type Say } from "../parts/notes.js";
import { partOf, Working } from "../parts/working.js";
import { checkFile, type Database } from "../state/database.js";

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
      {state.state === "running" && (
        <Working
          text={partOf(phases[state.phase], state.did, state.of)}
          did={state.did}
          of={state.of}
          label="Progress of the check"
          onCancel={() => abort.current.abort()}
        />
      )}
      {state.state === "cancelled" && (
        <div class="note">
          <p>The check was cancelled. Nothing was found, because nothing was checked to the end.</p>
          <button type="button" onClick={() => run()}>
            Check again
          </button>
        </div>
      )}
      {state.state === "failed" && <ErrorNote error={state.error} title="The check failed" />}
      {state.state === "done" && <FsckAnswer fsck={state.fsck} file={database.name} holders={database.accounting.holders} onVerify={verified.current ? undefined : () => run(true)} />}
    </article>
  );
}
