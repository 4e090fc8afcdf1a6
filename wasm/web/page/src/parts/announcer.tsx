import { useCallback, useState } from "preact/hooks";

/** Tells what has happened to whoever doesn't see it. */
export type Say = (text: string) => void;

export function useAnnouncements(): [string, Say] {
  const [said, setSaid] = useState("");
  const say = useCallback((text: string) => setSaid((before) => (before === text ? `${text}\u00a0` : text)), []);
  return [said, say];
}

export function Announcer({ said }: { said: string }) {
  return (
    <div class="unseen" role="status" aria-live="polite">
      {said}
    </div>
  );
}
