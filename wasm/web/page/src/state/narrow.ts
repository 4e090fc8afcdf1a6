import { useEffect, useState } from "preact/hooks";

const query = matchMedia("(max-width: 760px)");

/** Whether there is room for one column only. */
export function useNarrow(): boolean {
  const [narrow, setNarrow] = useState(query.matches);
  useEffect(() => {
    const follow = () => setNarrow(query.matches);
    query.addEventListener("change", follow);
    return () => query.removeEventListener("change", follow);
  }, []);
  return narrow;
}
