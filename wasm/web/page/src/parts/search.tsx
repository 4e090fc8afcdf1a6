interface Props {
  hint: string;
  text: string;
  onChange: (text: string) => void;
}

/** Words to look for. */
export function Search({ hint, text, onChange }: Props) {
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
