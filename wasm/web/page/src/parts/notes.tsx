import { useCallback, useState } from "preact/hooks";
import type { Basis as Assumptions } from "../../../src/index.js";
import { hrefOf } from "../state/route.js";
import { explain } from "../text/errors.js";
import { time } from "../text/format.js";

/** Announces an event to users of screen readers. */
export type Say = (text: string) => void;

/** Returns the current announcement and a function that replaces it. */
export function useAnnouncements(): [string, Say] {
  const [announcement, setAnnouncement] = useState("");
  const say = useCallback((text: string) => setAnnouncement((before) => (before === text ? `${text}\u00a0` : text)), []);
  return [announcement, say];
}

/** The live region of the announcements. */
export function Announcer({ announcement }: { announcement: string }) {
  return (
    <div class="unseen" role="status" aria-live="polite">
      {announcement}
    </div>
  );
}

/** The version, schema and time on which a result is based. */
export function Basis({ basis }: { basis: Assumptions }) {
  return (
    <div class="basis">
      <p>
        containerd {basis.containerd}
        {basis.assumed && <> (assumed: the newest version that writes schema {basis.schema})</>}
        {basis.migratedTo !== undefined && (
          <>
            , which migrates schema {basis.schema} to {basis.migratedTo}
          </>
        )}
        , at <time dateTime={basis.at}>{time(basis.at)}</time>. <a href={hrefOf("what-if")}>Change version or time</a>
      </p>
      {basis.notes?.map((note) => (
        <p key={note} class="hint">
          {note}.
        </p>
      ))}
    </div>
  );
}

/**
 * An error message: the failed action, the error, and advice. `fallback` is the advice for errors without specific
 * advice.
 */
export function ErrorNote({ error, title, fallback }: { error: unknown; title: string; fallback?: string }) {
  const { message, advice } = explain(error, fallback);
  return (
    <div class="note error" role="alert">
      <p class="what">
        <strong>{title}.</strong>
      </p>
      <p class="where">{message}</p>
      <p class="todo">{advice}</p>
    </div>
  );
}
