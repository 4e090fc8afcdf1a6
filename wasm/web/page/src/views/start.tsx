import { useState } from "preact/hooks";
import { ErrorNote } from "../parts/notes.js";
import { fetchFile, FileButton, useDrop } from "../parts/files.js";
import { Findings } from "../parts/findings.js";
import { checkFile } from "../state/database.js";
import { hrefOf, type View } from "../state/route.js";
import { useTask } from "../state/task.js";
import { bytes } from "../text/format.js";

/** A file that is being opened, or an error. */
export interface Opening {
  name: string;
  file: Blob;
  error?: unknown;
}

interface Props {
  opening: Opening | undefined;
  onOpen: (name: string, file: Blob) => void;
  /** The view to show once a file is open. */
  requested: View;
}

/** The start page, where the user chooses a file. */
export function Start({ opening, onOpen, requested }: Props) {
  const busy = opening !== undefined && opening.error === undefined;
  return (
    <div class="start">
      <h1>Why is this disk full?</h1>
      <p class="lead">
        Open a containerd <code>meta.db</code> to see which objects a garbage collection would remove, why the others are kept, and
        whether the database has faults.
      </p>
      {requested !== "start" && opening === undefined && <p class="note">This view needs a file. Open one first.</p>}
      <Drop busy={busy} name={opening?.name} size={opening?.file.size} onOpen={onOpen} />
      {opening?.error !== undefined && <Failed opening={opening} />}
      <div class="columns">
        <section>
          <h2>Nothing is uploaded</h2>
          <p>
            A WebAssembly module reads the file in the browser. The page sends requests only to its own server, and it works
            offline.
          </p>
        </section>
        <section>
          <h2>Where the file is</h2>
          <p>You can copy it while containerd runs:</p>
          <pre tabIndex={0} aria-label="Command that copies the database">
            <code>{"ssh node sudo cat /var/lib/containerd/\\\n  io.containerd.metadata.v1.bolt/meta.db \\\n  > meta.db"}</code>
          </pre>
        </section>
        <section>
          <h2>Without a file</h2>
          <p>
            <a href={hrefOf("replay")}>Replay</a> steps through a trace of calls, and <a href={hrefOf("simulate")}>Simulate</a>{" "}
            compares garbage collection policies under load.
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
      onOpen(sampleName, await fetchFile(sampleName));
    } catch (cause) {
      setError(cause);
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
          <p class="aside">The sample comes from a real node with Docker, Kubernetes and BuildKit.</p>
        </>
      )}
      {error !== undefined && <ErrorNote error={error} title="Loading the sample failed" />}
    </div>
  );
}

/** The error of a file that cannot be opened, and the findings of a check of its pages. */
function Failed({ opening }: { opening: Opening }) {
  const checked = useTask((signal) => checkFile(opening.file, new Date().toISOString(), signal), [opening.file]);
  return (
    <div class="failed">
      <ErrorNote error={opening.error} title={`${opening.name} cannot be opened`} />
      {checked.state === "waiting" && <p>Checking the pages of the file…</p>}
      {checked.state === "done" && checked.value.findings.length > 0 && (
        <>
          <p>Findings in the file:</p>
          <Findings findings={checked.value.findings} />
        </>
      )}
    </div>
  );
}
