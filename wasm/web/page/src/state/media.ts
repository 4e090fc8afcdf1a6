import { useEffect, useState } from "preact/hooks";

export type Theme = "light" | "dark";

const key = "holdfast-theme";
const narrowQuery = matchMedia("(max-width: 760px)");
const darkQuery = matchMedia("(prefers-color-scheme: dark)");

/** Returns the theme, by default the system's, and a function that switches it. */
export function useTheme(): [Theme, () => void] {
  const [chosen, setChosen] = useState<Theme | undefined>(recall);
  const [dark, setDark] = useState(darkQuery.matches);
  useEffect(() => {
    const follow = () => setDark(darkQuery.matches);
    darkQuery.addEventListener("change", follow);
    return () => darkQuery.removeEventListener("change", follow);
  }, []);
  const theme = chosen ?? (dark ? "dark" : "light");
  useEffect(() => {
    document.documentElement.dataset["theme"] = theme;
  }, [theme]);
  const toggle = () => {
    const other = theme === "dark" ? "light" : "dark";
    setChosen(other);
    remember(other);
  };
  return [theme, toggle];
}

function recall(): Theme | undefined {
  try {
    const value = localStorage.getItem(key);
    return value === "light" || value === "dark" ? value : undefined;
  } catch {
    return undefined; // storage is blocked
  }
}

function remember(theme: Theme): void {
  try {
    localStorage.setItem(key, theme);
  } catch {
    // Storage is blocked: the choice lasts for this visit.
  }
}

/** Returns true if the window has room for only one column. */
export function useNarrow(): boolean {
  const [narrow, setNarrow] = useState(narrowQuery.matches);
  useEffect(() => {
    const follow = () => setNarrow(narrowQuery.matches);
    narrowQuery.addEventListener("change", follow);
    return () => narrowQuery.removeEventListener("change", follow);
  }, []);
  return narrow;
}
