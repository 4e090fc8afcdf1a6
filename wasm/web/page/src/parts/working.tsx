interface Props {
  /** The current part of the work. */
  text: string;
  /** `did` of `of` units are done; without `of`, the share is unknown. */
  did: number;
  of: number;
  /** The name of the progress bar. */
  label: string;
  /** Ends the work and leaves the page as it was before. */
  onCancel: () => void;
}

/**
 * Work that runs, with a button that cancels it. It appears after 300 ms, so that short work does not flicker; it takes
 * its room at once.
 */
export function Working({ text, did, of, label, onCancel }: Props) {
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

/** The text of a part of work that consists of a few parts. */
export function partOf(text: string, did: number, of: number): string {
  return `${text}, part ${Math.min(did + 1, of)} of ${of}`;
}
