import { useId } from "preact/hooks";

interface OptionProps<Value extends string> {
  label: string;
  value: Value;
  options: readonly (readonly [Value, string])[];
  onChange: (value: Value) => void;
}

/** A choice of one of a few options, side by side. */
export function Choice<Value extends string>({ label, value, options, onChange }: OptionProps<Value>) {
  const name = useId();
  return (
    <fieldset class="choice">
      <legend class="unseen">{label}</legend>
      {options.map(([option, text]) => (
        <label key={option} class={option === value ? "on" : ""}>
          <input type="radio" name={name} value={option} checked={option === value} onChange={() => onChange(option)} />
          {text}
        </label>
      ))}
    </fieldset>
  );
}

interface SelectProps<Value extends string> extends OptionProps<Value> {
  /** Shows the label; otherwise only screen readers announce it. */
  labelled?: boolean;
}

/** A choice of one of several options from a drop-down list. */
export function Select<Value extends string>({ label, value, options, onChange, labelled = false }: SelectProps<Value>) {
  const id = useId();
  return (
    <div class="select">
      <label for={id} class={labelled ? "" : "unseen"}>
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

interface SearchProps {
  hint: string;
  text: string;
  onChange: (text: string) => void;
}

/** A search field. */
export function Search({ hint, text, onChange }: SearchProps) {
  return (
    <label class="search">
      <span class="unseen">Search</span>
      <input
        type="search"
        placeholder={hint}
        value={text}
        spellcheck={false}
        autocomplete="off"
        onInput={(event) => onChange(event.currentTarget.value)}
      />
    </label>
  );
}
