import type { Basis as Rests } from "../../../src/index.js";
import { hrefOf } from "../state/route.js";
import { time } from "../text/times.js";

/** What an answer rests on. */
export function Basis({ basis }: { basis: Rests }) {
  return (
    <div class="basis">
      <p>
        By the rules of containerd {basis.containerd}
        {basis.assumed && <>, assumed: the newest that writes schema {basis.schema}</>}
        {basis.migratedTo !== undefined && (
          <>
            , which first brings schema {basis.schema} to {basis.migratedTo}
          </>
        )}
        , at <time dateTime={basis.at}>{time(basis.at)}</time>. <a href={hrefOf("what-if")}>Change either</a>
      </p>
      {basis.notes?.map((note) => (
        <p key={note} class="hint">
          {note}.
        </p>
      ))}
    </div>
  );
}
