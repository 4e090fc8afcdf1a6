import { useEffect, useRef, useState } from "preact/hooks";
import { visible } from "../text/nodes.js";

/** Shell commands with a button that copies them. */
export function Command({ label, text }: { label: string; text: string }) {
  const shown = useRef<HTMLElement>(null);
  return (
    <div class="command">
      <pre tabIndex={0} aria-label={label}>
        <code ref={shown}>{visibleLines(text)}</code>
      </pre>
      <Copy label={label} text={text} shown={shown} />
    </div>
  );
}

/** One command on one line with a button that copies it. */
export function CommandLine({ label, text }: { label: string; text: string }) {
  const shown = useRef<HTMLElement>(null);
  return (
    <div class="command-line">
      <code ref={shown} title={visibleLines(text)}>
        {visibleLines(text)}
      </code>
      <Copy label={label} text={text} shown={shown} />
    </div>
  );
}

/** The commands that delete objects on the node. */
export function Deletion({ label, commands }: { label: string; commands: string }) {
  return (
    <>
      <Command label={label} text={commands} />
      <p class="hint">Run them on the node. containerd collects after a deletion.</p>
    </>
  );
}

function visibleLines(text: string): string {
  return text.split("\n").map(visible).join("\n");
}

interface CopyProps {
  label: string;
  text: string;
  /** The element with the text. */
  shown: { current: HTMLElement | null };
}

/** A button that copies a text. If the browser refuses, it selects the text, so that the user can copy it. */
function Copy({ label, text, shown }: CopyProps) {
  const [state, setState] = useState<"" | "copied" | "selected">("");
  useEffect(() => setState(""), [text]);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setState("copied");
    } catch {
      getSelection()?.selectAllChildren(shown.current!); // denied, or the page has no secure origin
      setState("selected");
    }
  };
  return (
    <>
      <button type="button" class="quiet copy" aria-label={`Copy: ${label}`} onClick={copy}>
        Copy
      </button>
      <span class="hint" role="status">
        {state === "copied" ? "Copied." : state === "selected" ? "Selected: press Ctrl+C or ⌘C." : ""}
      </span>
    </>
  );
}
