import { useEffect, useRef, useState } from "preact/hooks";
import { parseTrace, type Trace } from "../../../src/index.js";
import type { Say } from "../parts/announcer.js";
import { ErrorNote } from "../parts/error-note.js";
import { FileButton } from "../parts/file-button.js";
import { fetched } from "../state/fetched.js";
import { start } from "../state/instances.js";
import { Recording } from "../state/replay.js";
import { count, plural } from "../text/numbers.js";
import { Steps } from "./steps.js";

type State =
  | { is: "empty" }
  | { is: "loading"; name: string; done: number; of: number }
  | { is: "ready"; name: string; recording: Recording }
  | { is: "failed"; name: string; error: unknown };

interface Props {
  shown: boolean;
  /** Opens what is stored at a step as a file. */
  onOpen: (name: string, file: Blob) => void;
  say: Say;
}

/** A recorded trace, stepped forward and back. */
export function Replay({ shown, onOpen, say }: Props) {
  const [state, setState] = useState<State>({ is: "empty" });
  const attempt = useRef(0);
  useEffect(
    () => () => {
      if (state.is === "ready") state.recording.close();
    },
    [state],
  );
  const load = async (name: string, read: () => Promise<string>) => {
    const mine = ++attempt.current;
    const current = (next: State) => mine === attempt.current && setState(next);
    current({ is: "loading", name, done: 0, of: 0 });
    try {
      const trace = parseTrace(await read());
      const recording = await record(trace, (done) => current({ is: "loading", name, done, of: trace.ops.length }));
      if (mine !== attempt.current) {
        recording.close();
        return;
      }
      setState({ is: "ready", name, recording });
      say(`${name}: ${plural(recording.length, "step")}. The arrow keys step.`);
    } catch (error) {
      current({ is: "failed", name, error });
    }
  };
  const sample = () => load("sample-trace.jsonl", async () => (await fetched("sample-trace.jsonl")).text());
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
          A trace is a file of JSON lines: first how to make a node, then one call to it a line. <code>holdfast sim</code> writes
          one of whatever it finds wrong, and the Go package records one of what a test does. The same trace gives the same
          results and the same hashes everywhere.
        </p>
      )}
      {state.is === "loading" && (
        <p class="busy" role="status">
          <span class="spinner" aria-hidden="true" /> Applying {state.name}
          {state.of > 0 && `: ${count(state.done)} of ${count(state.of)}`}…
        </p>
      )}
      {state.is === "failed" && (
        <ErrorNote
          error={state.error}
          what={`${state.name} can't be replayed`}
          otherwise='A trace is a file of JSON lines: first a setup such as {"holdfast":1}, then one call a line. Correct the line that is named, or choose another file.'
        />
      )}
      {state.is === "ready" && <Steps key={state.name} recording={state.recording} shown={shown} onOpen={onOpen} />}
    </article>
  );
}

async function record(trace: Trace, onProgress: (done: number) => void): Promise<Recording> {
  const holdfast = await start();
  try {
    return await Recording.make(holdfast, trace, onProgress);
  } catch (fault) {
    holdfast.close();
    throw fault;
  }
}
