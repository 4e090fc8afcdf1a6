import { useEffect, useState } from "preact/hooks";

/** Every view, with the name of its tab. */
export const views = [
  { id: "overview", title: "Overview" },
  { id: "explore", title: "Explore" },
  { id: "what-if", title: "What if" },
  { id: "sound", title: "Sound?" },
  { id: "replay", title: "Replay" },
  { id: "simulate", title: "Simulate" },
] as const;

export type View = (typeof views)[number]["id"] | "start";

/** Whether a view shows the file that is open, or asks for one. */
export function aboutFile(view: View): boolean {
  return view !== "replay" && view !== "simulate";
}

/** Where in the page one is: a view, and what it shows. */
export interface Route {
  view: View;
  rest: string;
}

/** What Explore is given to list what would go. It can't be the name of an object. */
export const wouldGo = "would-go";

export function hrefOf(view: View, rest = ""): string {
  return rest === "" ? `#/${view}` : `#/${view}/${encodeURIComponent(rest)}`;
}

export function parseRoute(hash: string): Route {
  const [view = "", ...rest] = hash.replace(/^#\/?/, "").split("/");
  const known = views.find((v) => v.id === view);
  return { view: known?.id ?? "start", rest: decode(rest.join("/")) };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // somebody typed it
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
