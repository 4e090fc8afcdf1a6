import { useRef, useState } from "preact/hooks";
import { HoldfastError } from "../../../src/index.js";
import { fetchFile, FileButton, FolderButton } from "../parts/files.js";
import { FsckAnswer } from "../parts/fsck.js";
import { ErrorNote } from "../parts/notes.js";
import { Working } from "../parts/working.js";
import { checkFile, type OpenChoice } from "../state/database.js";
import type { FolderFile, FoundNode } from "../state/folder.js";
import { hrefOf, type View } from "../state/route.js";
import { useTask, type PartProgress } from "../state/task.js";
import { visible } from "../text/nodes.js";
import { bytes, plural } from "../text/format.js";

/**
 * A file or folder that is being opened. At most one of `error` and `nodes` is set: the work failed, or the folder has
 * no node or several ones, or the user chose more than two files.
 */
export interface Opening {
  name: string;
  /** Absent while a folder is searched. */
  file?: Blob;
  progress?: PartProgress;
  error?: unknown;
  nodes?: FoundNode[];
}

interface Props {
  opening: Opening | undefined;
  /** A file is dragged over the page. */
  over: boolean;
  onOpen: (name: string, file: Blob, choice?: OpenChoice) => void;
  onFiles: (files: readonly File[]) => void;
  onFolder: (folder: string, files: Promise<FolderFile[]>) => void;
  onCancel: () => void;
  /** The view to show once a file is open. */
  requested: View;
}

/** The start page, where the user chooses a file or a folder. */
export function Start({ opening, over, onOpen, onFiles, onFolder, onCancel, requested }: Props) {
  return (
    <div class="start">
      <h1>Why is this disk full?</h1>
      <p class="lead">
        Open a containerd <code>meta.db</code> or the databases of a whole node to see who holds the disk, which objects a garbage
        collection would remove, and whether the node is sound.
      </p>
      {requested !== "start" && opening === undefined && <p class="note">This view needs a file. Open one first.</p>}
      <Drop opening={opening} over={over} onOpen={onOpen} onFiles={onFiles} onFolder={onFolder} onCancel={onCancel} />
      {opening?.error !== undefined && <Failed opening={opening} onOpen={onOpen} />}
      {opening?.nodes !== undefined && <Nodes folder={opening.name} nodes={opening.nodes} onOpen={onOpen} />}
      <div class="columns">
        <section>
          <h2>Nothing is uploaded</h2>
          <p>
            A WebAssembly module reads the files in the browser. The page sends requests only to its own server, and it works
            offline.
          </p>
        </section>
        <section>
          <h2>A whole node</h2>
          <p>The sizes of snapshots are in the databases of the snapshotters. On the node, pack them with:</p>
          <pre tabIndex={0} aria-label="Command that packs the databases of a node">
            <code>{"holdfast collect-files \\\n  /var/lib/containerd -o node.tar.gz"}</code>
          </pre>
          <p>
            Or open a copy of containerd’s directory as a folder. Only <code>meta.db</code> and the snapshotters’{" "}
            <code>metadata.db</code> are read.
          </p>
        </section>
        <section>
          <h2>The database alone</h2>
          <p>You can copy it while containerd runs:</p>
          <pre tabIndex={0} aria-label="Command that copies the database">
            <code>{"ssh node sudo cat /var/lib/containerd/\\\n  io.containerd.metadata.v1.bolt/meta.db \\\n  > meta.db"}</code>
          </pre>
        </section>
        <section>
          <h2>Two databases</h2>
          <p>Drop or choose two files to compare them: which objects were added, removed and changed, and what a collection would remove in each.</p>
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

const sampleName = "sample-meta.db.gz";

function Drop({ opening, over, onOpen, onFiles, onFolder, onCancel }: Omit<Props, "requested">) {
  const busy = opening !== undefined && opening.error === undefined && opening.nodes === undefined;
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
        <Working text={openingText(opening)} did={opening.progress?.did ?? 0} of={opening.progress?.of ?? 0} label="Progress of the opening" onCancel={onCancel} />
      ) : (
        <>
          <p class="call">
            Drop <code>meta.db</code>, <code>node.tar.gz</code> or a folder here
          </p>
          <div class="choices">
            <FileButton label="Choose a file" primary onFile={onOpen} onFiles={onFiles} />
            <FolderButton label="Choose a folder" onFolder={onFolder} />
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

function openingText({ name, file, progress }: Opening): string {
  if (file === undefined) {
    return `Looking for databases in ${name}`;
  }
  const of = `${name} (${bytes(file.size)})`;
  return progress === undefined || progress.did === 0 ? `Reading ${of}` : `${progress.part} of ${of}`;
}

/** The error of a file that cannot be opened, and the findings of a check of its pages. */
function Failed({ opening: { name, file, error }, onOpen }: { opening: Opening; onOpen: Props["onOpen"] }) {
  const readable = error instanceof HoldfastError && (error.reason === "damaged" || error.reason === "truncated");
  return (
    <div class="failed">
      <ErrorNote error={error} title={`${name} cannot be opened`} />
      {file !== undefined && readable && (
        <p>
          <button type="button" onClick={() => onOpen(name, file, { salvage: true })}>
            Open the readable rest
          </button>{" "}
          <span class="hint">Figures that lost records could change are then unknown.</span>
        </p>
      )}
      {file !== undefined && !isOther(error) && <Pages name={name} file={file} />}
    </div>
  );
}

/** Returns true for a file that is no database of containerd: its pages say nothing. */
function isOther(error: unknown): boolean {
  return error instanceof HoldfastError && ["not_bolt", "bad_version", "foreign"].includes(error.reason ?? "");
}

/** The findings about the pages of a file that cannot be opened. The user can cancel their search. */
function Pages({ name, file }: { name: string; file: Blob }) {
  const [progress, setProgress] = useState({ did: 0, of: 0 });
  const abort = useRef<AbortController | undefined>(undefined);
  const checked = useTask(
    (signal) => {
      const own = (abort.current = new AbortController());
      signal.addEventListener("abort", () => own.abort());
      return checkFile(file, new Date().toISOString(), own.signal, { onProgress: ({ did, of }) => setProgress({ did, of }) });
    },
    [file],
  );
  return (
    <>
      {checked.state === "waiting" && (
        <Working text="Checking the pages of the file" {...progress} label="Progress of the check" onCancel={() => abort.current?.abort()} />
      )}
      {checked.state === "done" && checked.value.findings.length > 0 && <FsckAnswer fsck={checked.value} file={name} holders={[]} onVerify={undefined} />}
    </>
  );
}

/** The nodes of a folder that has none or several, or the files of a selection. */
function Nodes({ folder, nodes, onOpen }: { folder: string; nodes: readonly FoundNode[]; onOpen: Props["onOpen"] }) {
  if (nodes.length === 0) {
    return (
      <div class="note error" role="alert">
        <p class="what">
          <strong>{visible(folder)} has no database of containerd.</strong>
        </p>
        <p class="todo">
          Choose containerd’s root directory, for example a copy of /var/lib/containerd, or a worker of BuildKit. The folder must have
          io.containerd.metadata.v1.bolt/meta.db or containerdmeta.db.
        </p>
      </div>
    );
  }
  return (
    <section class="card" aria-label="Nodes in the folder">
      <h2>
        {visible(folder)} has {plural(nodes.length, "database")}. Which one?
      </h2>
      <ul class="plain">
        {nodes.map(({ name, file, snapshotters }) => (
          <li key={name}>
            <button type="button" class="quiet" onClick={() => onOpen(name, file)}>
              {visible(name)}
            </button>{" "}
            <span class="hint">
              {bytes(file.size)}, {snapshotters === 0 ? "without snapshotters" : plural(snapshotters, "snapshotter")}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}
