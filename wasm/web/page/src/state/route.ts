import { useEffect, useState } from "preact/hooks";

/** The views with the titles of their tabs. */
export const views = [
  { id: "overview", title: "Overview" },
  { id: "explore", title: "Explore" },
  { id: "what-if", title: "What if" },
  { id: "check", title: "Sound?" },
  { id: "compare", title: "Compare" },
  { id: "replay", title: "Replay" },
  { id: "simulate", title: "Simulate" },
] as const;

export type View = (typeof views)[number]["id"] | "start";

/** Returns true if a view needs an open file. */
export function needsFile(view: View): boolean {
  return view !== "replay" && view !== "simulate";
}

/** A view, its argument, for example the object in Explore, and its settings: the assumptions about the file. */
export interface Route {
  view: View;
  rest: string;
  /** The part after "?"; "" without settings. */
  query: string;
}

/** The argument of Explore that lists the garbage. No object has this name. */
export const garbageList = "garbage";

export function hrefOf(view: View, rest = ""): string {
  return rest === "" ? `#/${view}` : `#/${view}/${encodeURIComponent(rest)}`;
}

/** Replaces the settings in the URL of the current view. Adds no entry to the history. */
export function replaceQuery({ view, rest }: Route, query: string): void {
  history.replaceState(history.state, "", `${hrefOf(view, rest)}${query === "" ? "" : `?${query}`}`);
}

export function parseRoute(hash: string): Route {
  const [path = "", ...query] = hash.replace(/^#\/?/, "").split("?");
  const [view = "", ...rest] = path.split("/");
  const known = views.find((v) => v.id === view);
  return { view: known?.id ?? "start", rest: decode(rest.join("/")), query: query.join("?") };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // a malformed URL
  }
}

export function useRoute(): Route {
  const [route, setRoute] = useState(() => parseRoute(location.hash));
  useEffect(() => {
    const follow = () => setRoute(parseRoute(location.hash));
    addEventListener("hashchange", follow);
    return () => removeEventListener("hashchange", follow);
  }, []);
  return route;
}
