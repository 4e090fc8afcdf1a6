import { useEffect, useState } from "preact/hooks";

export type Theme = "light" | "dark";

const key = "holdfast-theme";
const system = matchMedia("(prefers-color-scheme: dark)");

/** The theme, which is the system's until somebody chooses, and the way to choose the other. */
export function useTheme(): [Theme, () => void] {
  const [chosen, setChosen] = useState<Theme | undefined>(recall);
  const [dark, setDark] = useState(system.matches);
  useEffect(() => {
    const follow = () => setDark(system.matches);
    system.addEventListener("change", follow);
    return () => system.removeEventListener("change", follow);
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
    return undefined; // storage is not allowed here
  }
}

function remember(theme: Theme): void {
  try {
    localStorage.setItem(key, theme);
  } catch {
    // Then it is for this visit.
  }
}
