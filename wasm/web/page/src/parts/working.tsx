import type { ComponentChildren } from "preact";

interface Props {
  /** The current part of the work. */
  text: string;
  /** `did` of `of` units are done; without them, the share is unknown. */
  did?: number;
  of?: number;
  /** The name of the progress bar. */
  label: string;
  /** Ends the work and leaves the page as it was before. */
  onCancel: () => void;
}

/**
 * Work that runs, with a button that cancels it. It appears after 300 ms, so that short work does not flicker; it takes
 * its room at once.
 */
export function Working({ text, did = 0, of = 0, label, onCancel }: Props) {
  return (
    <div class="progress working card">
      <p>{text}…</p>
      <progress value={of > 0 ? did : undefined} max={Math.max(of, 1)} aria-label={label} />
      <button type="button" onClick={onCancel}>
        Cancel
      </button>
    </div>
  );
}

/** The texts of the work on a plan. */
export const planning = { text: "Planning a collection", label: "Progress of the plan" };

/** The text of a part of work that consists of a few parts. */
export function partOf(text: string, did: number, of: number): string {
  return `${text}, part ${Math.min(did + 1, of)} of ${of}`;
}

/** Results that are computed anew: a button that cancels the work covers a part of them, so that nothing moves. */
export function Recomputing({ busy, children, ...working }: Props & { busy: boolean; children: ComponentChildren }) {
  return (
    <div class="covered">
      {children}
      {busy && <Working {...working} />}
    </div>
  );
}
