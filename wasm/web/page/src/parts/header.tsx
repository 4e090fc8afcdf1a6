import { useEffect, useRef, useState } from "preact/hooks";
import { collectFile, type Database } from "../state/database.js";
import { hrefOf, views, type View } from "../state/route.js";
import { useTheme } from "../state/media.js";
import { bytes, plural } from "../text/format.js";
import { ErrorNote, type Say } from "./notes.js";
import { download, FileButton } from "./files.js";

interface Props {
  database: Database | undefined;
  /** The browser keeps the file, so that a reload opens it again. */
  kept: boolean;
  /** Keeps the file, or deletes the copy. */
  onKeep: () => Promise<void>;
  onOpen: (name: string, file: Blob) => void;
  say: Say;
}

/** The title, the open file, and the actions on it. */
export function Header({ database, kept, onKeep, onOpen, say }: Props) {
  const [theme, toggle] = useTheme();
  return (
    <header class="top">
      <div class="masthead">
        <a class="brand" href={hrefOf("start")} aria-label="Holdfast, start">
          <svg viewBox="0 0 32 32" aria-hidden="true">
            <path d="M16 5v11M16 16c0 5-3 8-8 10M16 16c0 5 3 8 8 10M16 16v11" />
            <circle cx="16" cy="6" r="2.6" />
          </svg>
          <span class={database === undefined ? "" : "word"}>Holdfast</span>
        </a>
        {database !== undefined && (
          <p class="file" title={database.name}>
            <span class="name">{database.name}</span> <span class="size">{bytes(database.file.size)}</span>
            {database.salvage && <span class="fate goes"> damaged</span>}
          </p>
        )}
        <div class="actions">
          {database !== undefined && <FileButton label="Open another" onFile={onOpen} />}
          {database !== undefined && <Keep kept={kept} onKeep={onKeep} />}
          {database !== undefined && <Save key={database.at} database={database} say={say} />}
          <button
            type="button"
            class="quiet icon"
            aria-label={theme === "dark" ? "Switch to light theme" : "Switch to dark theme"}
            onClick={toggle}
          >
            <svg viewBox="0 0 24 24" aria-hidden="true">
              {theme === "dark" ? (
                <path d="M12 7a5 5 0 1 0 0 10 5 5 0 0 0 0-10ZM12 1v3M12 20v3M1 12h3M20 12h3M4.2 4.2l2.1 2.1M17.7 17.7l2.1 2.1M4.2 19.8l2.1-2.1M17.7 6.3l2.1-2.1" />
              ) : (
                <path d="M20 14.5A8.5 8.5 0 0 1 9.5 4a8.5 8.5 0 1 0 10.5 10.5Z" />
              )}
            </svg>
          </button>
        </div>
      </div>
    </header>
  );
}

/** A button that keeps a copy of the file in the browser's storage, or deletes it. */
function Keep({ kept, onKeep }: { kept: boolean; onKeep: () => Promise<void> }) {
  const [error, setError] = useState<unknown>();
  const toggle = async () => {
    setError(undefined);
    try {
      await onKeep();
    } catch (cause) {
      setError(cause);
    }
  };
  return (
    <>
      <button
        type="button"
        aria-pressed={kept}
        onClick={toggle}
        title="Keeps a copy of the file in this browser, so that a reload opens it again. Press again to delete the copy."
      >
        {kept ? "Kept here" : "Keep here"}
      </button>
      {error !== undefined && (
        <ErrorNote error={error} title="The browser cannot keep the file" fallback="It may block storage, or lack room. Open the file again after a reload." />
      )}
    </>
  );
}

/** A button that collects garbage in a copy of the file and downloads the remaining database. It then cancels that. */
function Save({ database, say }: { database: Database; say: Say }) {
  const [state, setState] = useState<{ busy: boolean; error?: unknown }>({ busy: false });
  const abort = useRef<AbortController | undefined>(undefined);
  useEffect(() => () => abort.current?.abort(), []);
  const save = async () => {
    const { signal } = (abort.current = new AbortController());
    setState({ busy: true });
    say("Collecting");
    try {
      const { plan, bytes: remaining } = await collectFile(database, signal);
      if (plan.fails !== undefined && plan.fails !== "") {
        throw new Error(plan.fails);
      }
      download(collectedName(database.name), remaining);
      setState({ busy: false });
      say(`Saved the database. The collection removed ${plural(plan.removed.length, "object")}.`);
    } catch (error) {
      setState(signal.aborted ? { busy: false } : { busy: false, error });
      say(signal.aborted ? "The collection was cancelled." : "The collection failed.");
    }
  };
  return (
    <>
      <button
        type="button"
        aria-busy={state.busy}
        onClick={state.busy ? () => abort.current?.abort() : save}
        title="Collects garbage in a copy of the database and saves the copy"
      >
        {state.busy ? "Cancel collecting" : "Save collected"}
      </button>
      {state.error !== undefined && <ErrorNote error={state.error} title="The collection failed" />}
    </>
  );
}

function collectedName(name: string): string {
  const file = name.slice(name.lastIndexOf("/") + 1); // the name of a folder's node is a path
  return `${file.replace(/(\.db|\.tar)?(\.gz|\.tgz)?$/i, "")}-collected.db`;
}

/** The navigation between views. */
export function Tabs({ view }: { view: View }) {
  const current = useRef<HTMLAnchorElement>(null);
  useEffect(() => current.current?.scrollIntoView({ block: "nearest", inline: "nearest" }), [view]);
  return (
    <nav class="tabs" aria-label="Views">
      <ul>
        {views.map(({ id, title }) => (
          <li key={id}>
            <a ref={view === id ? current : undefined} href={hrefOf(id)} aria-current={view === id ? "page" : undefined}>
              {title}
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}
