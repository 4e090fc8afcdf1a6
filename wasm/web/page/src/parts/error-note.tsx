import { explain } from "../text/faults.js";

/** Says what went wrong, where, and what to do: `otherwise`, if nothing more particular is known. */
export function ErrorNote({ error, what, otherwise }: { error: unknown; what: string; otherwise?: string }) {
  const { where, todo } = explain(error, otherwise);
  return (
    <div class="note error" role="alert">
      <p class="what">
        <strong>{what}.</strong>
      </p>
      <p class="where">{where}</p>
      <p class="todo">{todo}</p>
    </div>
  );
}
