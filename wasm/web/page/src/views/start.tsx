import { useEffect, useRef, useState } from "preact/hooks";
import { ErrorNote } from "../parts/error-note.js";
import { FileButton } from "../parts/file-button.js";
import { Findings } from "../parts/findings.js";
import { checkFile } from "../state/database.js";
import { fetched } from "../state/fetched.js";
import { hrefOf, type View } from "../state/route.js";
import { useTask } from "../state/task.js";
import { bytes } from "../text/numbers.js";

/** A file that is being read, or could not be. */
export interface Opening {
  name: string;
  file: Blob;
  error?: unknown;
}

interface Props {
  opening: Opening | undefined;
  onOpen: (name: string, file: Blob) => void;
  /** The view that was asked for, and waits for a file. */
  wanted: View;
}

/** Where a file comes in. */
export function Start({ opening, onOpen, wanted }: Props) {
  const busy = opening !== undefined && opening.error === undefined;
  return (
    <div class="start">
      <h1>What is filling this disk?</h1>
      <p class="lead">
        Drop a containerd <code>meta.db</code>: what garbage collection would remove, what keeps everything else, and whether the
        database is sound.
      </p>
      {wanted !== "start" && opening === undefined && <p class="note">This view is about a file. Open one first.</p>}
      <Drop busy={busy} name={opening?.name} size={opening?.file.size} onOpen={onOpen} />
      {opening?.error !== undefined && <Failed opening={opening} />}
      <div class="columns">
        <section>
          <h2>Nothing is uploaded</h2>
          <p>
            The file is read in this page by a WebAssembly module. The page makes no request to anywhere but the place it came
            from, and works without a network.
          </p>
        </section>
        <section>
          <h2>Where the file is</h2>
          <p>Copying it while the daemon runs does no harm:</p>
          <pre tabIndex={0} aria-label="Command that copies the database">
            <code>{"ssh node sudo cat /var/lib/containerd/\\\n  io.containerd.metadata.v1.bolt/meta.db \\\n  > meta.db"}</code>
          </pre>
        </section>
        <section>
          <h2>Without a file</h2>
          <p>
            <a href={hrefOf("replay")}>Replay</a> steps through a recorded trace of calls, and{" "}
            <a href={hrefOf("simulate")}>Simulate</a> compares policies of garbage collection under load.
          </p>
        </section>
      </div>
    </div>
  );
}

interface DropProps {
  busy: boolean;
  name: string | undefined;
  size: number | undefined;
  onOpen: (name: string, file: Blob) => void;
}

const sampleName = "sample-meta.db.gz";

function Drop({ busy, name, size, onOpen }: DropProps) {
  const over = useDrop(onOpen);
  const [error, setError] = useState<unknown>();
  const sample = async () => {
    setError(undefined);
    try {
      onOpen(sampleName, await fetched(sampleName));
    } catch (fault) {
      setError(fault);
    }
  };
  return (
    <div class={over ? "drop over" : "drop"} aria-busy={busy}>
      {busy ? (
        <p class="busy">
          <span class="spinner" aria-hidden="true" /> Reading {name} ({bytes(size ?? 0)})…
        </p>
      ) : (
        <>
          <p class="call">
            Drop <code>meta.db</code> or <code>meta.db.gz</code> here
          </p>
          <div class="choices">
            <FileButton label="Choose a file" primary onFile={onOpen} />
            <button type="button" onClick={sample}>
              Try a sample
            </button>
          </div>
          <p class="aside">The sample is of a real node with Docker, Kubernetes and BuildKit on it.</p>
        </>
      )}
      {error !== undefined && <ErrorNote error={error} what="The sample could not be loaded" />}
    </div>
  );
}

/** Takes files that are dropped anywhere on the page; says whether one is held over it. */
function useDrop(onOpen: (name: string, file: Blob) => void): boolean {
  const [over, setOver] = useState(false);
  const open = useRef(onOpen);
  open.current = onOpen;
  useEffect(() => {
    const abort = new AbortController();
    const on = (type: string, handle: (event: DragEvent) => void) =>
      document.addEventListener(
        type,
        (event) => {
          event.preventDefault();
          handle(event as DragEvent);
        },
        { signal: abort.signal },
      );
    on("dragover", () => setOver(true));
    on("dragleave", (event) => event.relatedTarget === null && setOver(false));
    on("drop", (event) => {
      setOver(false);
      const file = event.dataTransfer?.files[0];
      if (file !== undefined) {
        open.current(file.name, file);
      }
    });
    return () => abort.abort();
  }, []);
  return over;
}

/** Why a file can't be opened, and what a check says of its pages. */
function Failed({ opening }: { opening: Opening }) {
  const checked = useTask((signal) => checkFile(opening.file, new Date().toISOString(), signal), [opening.file]);
  return (
    <div class="failed">
      <ErrorNote error={opening.error} what={`${opening.name} can't be opened`} />
      {checked.state === "waiting" && <p>Checking its pages…</p>}
      {checked.state === "done" && checked.value.findings.length > 0 && (
        <>
          <p>A check of the file says:</p>
          <Findings findings={checked.value.findings} />
        </>
      )}
    </div>
  );
}
