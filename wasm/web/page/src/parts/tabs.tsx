import { useEffect, useRef } from "preact/hooks";
import { hrefOf, views, type View } from "../state/route.js";

/** The way from view to view. */
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
