import { useEffect, useRef, useState } from "preact/hooks";
import { parseTrace, type Trace } from "../../../src/index.js";
import { ErrorNote, type Say } from "../parts/notes.js";
import { fetchFile, FileButton } from "../parts/files.js";
import { Working } from "../parts/working.js";
import { start } from "../state/instances.js";
import { Recording } from "../state/replay.js";
import { count, plural } from "../text/format.js";
import { Steps } from "./steps.js";

type State =
  | { is: "empty" }
  | { is: "ready"; name: string; recording: Recording }
  | { is: "failed"; name: string; error: unknown };

interface Props {
  shown: boolean;
  /** Opens the database after a step. */
  onOpen: (name: string, file: Blob) => void;
  say: Say;
}

/** Steps through a trace in both directions. */
export function Replay({ shown, onOpen, say }: Props) {
  const [state, setState] = useState<State>({ is: "empty" });
  const [loading, setLoading] = useState<{ name: string; did: number; of: number }>();
  const abort = useRef<AbortController | undefined>(undefined);
  useEffect(() => () => abort.current?.abort(), []);
  useEffect(
    () => () => {
      if (state.is === "ready") state.recording.close();
    },
    [state],
  );
  const load = async (name: string, read: () => Promise<string>) => {
    abort.current?.abort();
    const { signal } = (abort.current = new AbortController());
    const end = (next: State) => {
      if (!signal.aborted) {
        abort.current = undefined;
        setLoading(undefined);
        setState(next);
      }
    };
    setLoading({ name, did: 0, of: 0 });
    try {
      const trace = parseTrace(await read());
      const recording = await record(trace, signal, (did) => signal.aborted || setLoading({ name, did, of: trace.ops.length }));
      end({ is: "ready", name, recording });
      say(`${name}: ${plural(recording.length, "step")}. Use the arrow keys to step.`);
    } catch (error) {
      end({ is: "failed", name, error });
    }
  };
  const cancel = () => {
    abort.current?.abort();
    setLoading(undefined);
    say("The replay was cancelled.");
  };
  const sample = () => load("sample-trace.jsonl", async () => (await fetchFile("sample-trace.jsonl")).text());
  return (
    <article class="replay">
      <div class="row">
        <h1>
          Replay
          {state.is === "ready" && (
            <span class="count">
              {state.name}, {plural(state.recording.length, "step")}
            </span>
          )}
        </h1>
        <div class="choices">
          <FileButton
            label="Choose a trace"
            primary={state.is === "empty"}
            onFile={(name, file) => load(name, () => file.text())}
          />
          <button type="button" onClick={sample}>
            Try a sample
          </button>
        </div>
      </div>
      {state.is === "empty" && (
        <p class="lead">
          A trace is a file of JSON lines: the configuration of a node, then one call to the node per line.{" "}
          <code>holdfast sim</code> writes a trace of each failure, and the Go package can record the trace of a test. A trace has
          the same results and hashes on every platform.
        </p>
      )}
      {loading !== undefined && (
        <Working {...loading} text={loadingText(loading)} label="Progress of the replay" onCancel={cancel} />
      )}
      {state.is === "failed" && (
        <ErrorNote
          error={state.error}
          title={`The replay of ${state.name} failed`}
          fallback='A trace is a file of JSON lines: a setup such as {"holdfast":1}, then one call per line. Correct the line, or choose another file.'
        />
      )}
      {state.is === "ready" && <Steps key={state.name} recording={state.recording} shown={shown} onOpen={onOpen} />}
    </article>
  );
}

function loadingText({ name, did, of }: { name: string; did: number; of: number }): string {
  return of === 0 ? `Reading ${name}` : `Replaying ${name}: ${count(did)} of ${count(of)}`;
}

/** Replays a trace on an instance of its own, which the signal ends until the recording is done. */
async function record(trace: Trace, signal: AbortSignal, onProgress: (done: number) => void): Promise<Recording> {
  const holdfast = await start(signal);
  try {
    return await Recording.make(holdfast, trace, onProgress);
  } catch (error) {
    holdfast.close();
    throw error;
  }
}
