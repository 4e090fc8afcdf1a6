import { useId } from "preact/hooks";

interface Props<Value extends string> {
  label: string;
  value: Value;
  options: readonly (readonly [Value, string])[];
  onChange: (value: Value) => void;
  /** The label is seen, not only read out. */
  seen?: boolean;
}

/** One of several, from a list that opens. */
export function Select<Value extends string>({ label, value, options, onChange, seen = false }: Props<Value>) {
  const id = useId();
  return (
    <div class="select">
      <label for={id} class={seen ? "" : "unseen"}>
        {label}
      </label>
      <select id={id} value={value} onChange={(event) => onChange(event.currentTarget.value as Value)}>
        {options.map(([option, text]) => (
          <option key={option} value={option}>
            {text}
          </option>
        ))}
      </select>
    </div>
  );
}
