import { useEffect, useRef, useState } from "preact/hooks";
import { Announcer, useAnnouncements, type Say } from "./parts/notes.js";
import { Header, Tabs } from "./parts/header.js";
import { useDrop } from "./parts/files.js";
import { closeDatabase, openDatabase, type Database, type OpenChoice } from "./state/database.js";
import { nodesIn, type FolderFile } from "./state/folder.js";
import { forget, keep, recall } from "./state/kept.js";
import { useHypothesis } from "./state/assumptions.js";
import { hrefOf, needsFile, parseRoute, useRoute, type Route, type View } from "./state/route.js";
import { plural, size, sizeOf } from "./text/format.js";
import type { OtherFile } from "./state/comparison.js";
import { Compare } from "./views/compare.js";
import { Explore } from "./views/explore.js";
import { Overview } from "./views/overview.js";
import { Replay } from "./views/replay.js";
import { Simulate } from "./views/simulate.js";
import { Check } from "./views/check.js";
import { Start, type Opening } from "./views/start.js";
import { WhatIf } from "./views/what-if.js";

/** The page. Visited views keep their state until another file is opened. */
export function App() {
  const route = useRoute();
  const [database, setDatabase] = useState<Database>();
  const [kept, setKept] = useState(false);
  const [other, setOther] = useState<OtherFile>();
  const [opening, setOpening] = useState<Opening>();
  const [visited, setVisited] = useState<ReadonlySet<View>>(new Set());
  const [announcement, say] = useAnnouncements();
  const main = useRef<HTMLElement>(null);
  const attempt = useRef(0);
  const abort = useRef<AbortController | undefined>(undefined);
  const earlier = useRef<Pick<Database, "name" | "file" | "at" | "salvage"> | undefined>(undefined); // open before the opening that runs

  /** Opens a file. Returns true if it is then the open one. */
  const open = async (name: string, file: Blob, choice: OpenChoice = {}): Promise<boolean> => {
    const mine = ++attempt.current;
    abort.current?.abort();
    const { signal } = (abort.current = new AbortController());
    setOpening({ name, file });
    setOther(undefined);
    say(`Reading ${name}`);
    if (database !== undefined) {
      setDatabase(undefined);
      closeDatabase(database);
      const { name, file, at, salvage } = database;
      earlier.current = { name, file, at, salvage };
    }
    const asked = parseRoute(location.hash).view;
    const stay = database === undefined && asked !== "start" && needsFile(asked); // a link to a view of the file
    try {
      const opened = await openDatabase(name, file, signal, {
        ...choice,
        onProgress: (progress) => mine === attempt.current && setOpening({ name, file, progress }),
      });
      if (mine !== attempt.current) {
        closeDatabase(opened);
        return false;
      }
      if (choice.at === undefined) {
        setKept(false); // the user agreed to keep another file
        void forget().catch(() => undefined);
      }
      earlier.current = undefined;
      setDatabase(opened);
      setOpening(undefined);
      setVisited((before) => new Set([...before].filter((view) => !needsFile(view))));
      if (!stay) {
        location.hash = hrefOf("overview");
      }
      say(
        `${name} is open. A collection would remove ${plural(opened.plan.removed.length, "object")}, ${size(opened.plan.removedBytes, opened.plan.unsizedSnapshots)}.`,
      );
      return true;
    } catch (error) {
      if (mine === attempt.current) {
        earlier.current = undefined;
        setOpening({ name, file, error });
        location.hash = hrefOf("start");
      }
      return false;
    }
  };

  /** Ends the opening that runs, and opens the earlier file again: only one is in memory. */
  const cancel = () => {
    attempt.current++;
    abort.current?.abort();
    setOpening(undefined);
    say("Cancelled.");
    if (earlier.current !== undefined) {
      const { name, file, at, salvage } = earlier.current;
      void open(name, file, { at, salvage });
    }
  };

  /** Opens the node in a folder. If there are several, the user chooses one. */
  const openFolder = async (folder: string, listing: Promise<FolderFile[]>) => {
    const mine = ++attempt.current;
    setOpening({ name: folder });
    location.hash = hrefOf("start");
    say(`Looking for databases in ${folder}`);
    try {
      const nodes = nodesIn(folder, await listing);
      if (mine !== attempt.current) {
        return;
      }
      if (nodes.length === 1) {
        await open(nodes[0]!.name, nodes[0]!.file);
      } else {
        setOpening({ name: folder, nodes });
        say(`${folder} has ${plural(nodes.length, "database")}.`);
      }
    } catch (error) {
      if (mine === attempt.current) {
        setOpening({ name: folder, error });
      }
    }
  };
  useEffect(() => {
    void recall().then(async (file) => {
      if (file !== undefined && attempt.current === 0) {
        const { name, salvage, at } = file;
        const opened = await open(name, file.file, { salvage, at });
        setKept(opened);
        if (!opened) {
          await forget();
        }
      }
    });
  }, []);
  const toggleKept = async () => {
    if (database === undefined) {
      return;
    }
    const { name, file, at, salvage } = database;
    await (kept ? forget() : keep({ name, file, at, salvage }));
    setKept(!kept);
    say(kept ? "The browser no longer has the file." : "A reload opens the file again.");
  };

  /** Opens the older of two files and compares it with the newer one. Of more files, the user chooses one. */
  const openFiles = async (files: readonly File[]) => {
    if (files.length !== 2) {
      attempt.current++;
      setOpening({ name: "The selection", nodes: files.map((file) => ({ name: file.name, file, snapshotters: 0 })) });
      location.hash = hrefOf("start");
      say(`The selection has ${plural(files.length, "file")}.`);
      return;
    }
    const [older, newer] = [...files].sort((a, b) => a.lastModified - b.lastModified) as [File, File];
    if (await open(older.name, older)) {
      setOther({ name: newer.name, file: newer });
      location.hash = hrefOf("compare");
    }
  };
  const over = useDrop({ onFile: open, onFiles: openFiles, onFolder: openFolder });

  const shown: View = needsFile(route.view) && (database === undefined || opening !== undefined) ? "start" : route.view;
  useEffect(() => setVisited((before) => (before.has(shown) ? before : new Set(before).add(shown))), [shown]);
  useTitle(shown, database);
  const first = useRef(true);
  useEffect(() => {
    if (first.current) {
      first.current = false;
      return;
    }
    main.current?.focus({ preventScroll: true });
    scrollTo(0, 0);
  }, [shown]);

  return (
    <>
      <a
        class="skip"
        href="#main"
        onClick={(event) => {
          event.preventDefault();
          main.current?.focus();
        }}
      >
        Skip to content
      </a>
      <Header database={database} kept={kept} onKeep={toggleKept} onOpen={open} say={say} />
      <Tabs view={route.view} />
      <main id="main" tabIndex={-1} ref={main}>
        <Pane of="start" shown={shown}>
          <Start opening={opening} over={over} onOpen={open} onFiles={openFiles} onFolder={openFolder} onCancel={cancel} requested={route.view} />
        </Pane>
        {database !== undefined && (
          <FileViews key={database.at} database={database} route={route} shown={shown} visited={visited} other={other} onOther={setOther} say={say} />
        )}
        <Pane of="replay" shown={shown} visited={visited}>
          <Replay shown={shown === "replay"} onOpen={open} say={say} />
        </Pane>
        <Pane of="simulate" shown={shown} visited={visited}>
          <Simulate database={database} say={say} />
        </Pane>
      </main>
      <footer>
        <p>All work is done in the browser. The page works offline and uploads nothing.</p>
      </footer>
      <Announcer announcement={announcement} />
    </>
  );
}

interface FileViewsProps {
  database: Database;
  route: Route;
  shown: View;
  visited: ReadonlySet<View>;
  other: OtherFile | undefined;
  onOther: (other: OtherFile | undefined) => void;
  say: Say;
}

/** The views of the open file. Overview and What if share the assumptions. */
function FileViews({ database, route, shown, visited, other, onOther, say }: FileViewsProps) {
  const hypothesis = useHypothesis(database, route);
  const { plan, busy, changed } = hypothesis;
  useEffect(() => {
    if (changed && plan !== undefined && !busy) {
      const freed = plan.difference === undefined ? "" : ` The deletion frees ${sizeOf(plan.difference.freed)}.`;
      say(`A collection would remove ${plural(plan.removed.length, "object")}, ${size(plan.removedBytes, plan.unsizedSnapshots)}.${freed}`);
    }
  }, [plan, busy]);
  return (
    <div class="contents">
      <Pane of="overview" shown={shown} visited={visited}>
        <Overview database={database} hypothesis={hypothesis} />
      </Pane>
      <Pane of="explore" shown={shown} visited={visited}>
        <Explore database={database} node={route.view === "explore" ? route.rest : undefined} />
      </Pane>
      <Pane of="what-if" shown={shown} visited={visited}>
        <WhatIf database={database} hypothesis={hypothesis} />
      </Pane>
      <Pane of="check" shown={shown} visited={visited}>
        <Check database={database} say={say} />
      </Pane>
      <Pane of="compare" shown={shown} visited={visited}>
        <Compare database={database} other={other} onOther={onOther} say={say} />
      </Pane>
    </div>
  );
}

interface PaneProps {
  of: View;
  shown: View;
  visited?: ReadonlySet<View>;
  children: preact.ComponentChildren;
}

/** Contains a view. The view is created on the first visit and hidden while another one is shown. */
function Pane({ of, shown, visited, children }: PaneProps) {
  const here = of === shown;
  if (!here && (visited === undefined || !visited.has(of))) {
    return null;
  }
  return (
    <div hidden={!here} class="pane">
      {children}
    </div>
  );
}

function useTitle(view: View, database: Database | undefined): void {
  useEffect(() => {
    const parts = [titleOf(view), ...(database === undefined ? [] : [database.name]), "Holdfast"];
    document.title = parts.join(" · ");
  }, [view, database]);
}

function titleOf(view: View): string {
  return {
    start: "Open a node",
    overview: "Overview",
    explore: "Explore",
    "what-if": "What if",
    check: "Sound?",
    compare: "Compare",
    replay: "Replay",
    simulate: "Simulate",
  }[view];
}
