import { useEffect, useRef, useState } from "preact/hooks";
import { ErrorNote } from "../parts/notes.js";
import { planning, Recomputing } from "../parts/working.js";
import { visible } from "../text/nodes.js";

interface Props {
  deleted: ReadonlySet<string>;
  onToggle: (selection: string) => void;
  /** Adds a selection. Rejects if it selects nothing, or if it is cancelled. */
  onAdd: (selection: string, signal: AbortSignal) => Promise<void>;
}

/** The selections that are assumed deleted, and a field for patterns. */
export function Selected({ deleted, onToggle, onAdd }: Props) {
  const [text, setText] = useState("");
  const [state, setState] = useState<{ busy: boolean; error?: unknown }>({ busy: false });
  const abort = useRef<AbortController | undefined>(undefined);
  useEffect(() => () => abort.current?.abort(), []);
  const add = async () => {
    const selection = text.trim();
    if (selection === "" || state.busy) {
      return;
    }
    const { signal } = (abort.current = new AbortController());
    setState({ busy: true });
    try {
      await onAdd(selection, signal);
      setText("");
      setState({ busy: false });
    } catch (error) {
      setState(signal.aborted ? { busy: false } : { busy: false, error });
    }
  };
  return (
    <section class="selected" aria-label="Assumed deleted">
      <Recomputing busy={state.busy} {...planning} onCancel={() => abort.current?.abort()}>
        <form
          class="adder"
          onSubmit={(event) => {
            event.preventDefault();
            void add();
          }}
        >
          <label class="field">
            <span>Assume deleted: a pattern, a namespace, a holder or an object</span>
            <input
              type="text"
              value={text}
              placeholder="lease/moby/*"
              spellcheck={false}
              autocomplete="off"
              autocapitalize="off"
              onInput={(event) => setText(event.currentTarget.value)}
            />
          </label>
          <button type="submit" disabled={text.trim() === "" || state.busy}>
            Add
          </button>
        </form>
      </Recomputing>
      {state.error !== undefined && (
        <ErrorNote
          error={state.error}
          title="Nothing was added"
          fallback="Enter KIND/NAMESPACE/NAME, a pattern with * and ? such as image/*/registry.example/*, namespace/NAME, or holder/NODE."
        />
      )}
      <Chips deleted={deleted} onToggle={onToggle} />
    </section>
  );
}

/** The selections, each with a button that removes it. */
export function Chips({ deleted, onToggle }: Pick<Props, "deleted" | "onToggle">) {
  return deleted.size === 0 ? null : (
    <ul class="chips">
      {[...deleted].map((selection) => (
        <li key={selection}>
          <code>{visible(selection)}</code>
          <button type="button" class="quiet" aria-label={`Keep ${selection}`} title="Remove" onClick={() => onToggle(selection)}>
            <span aria-hidden="true">×</span>
          </button>
        </li>
      ))}
    </ul>
  );
}
