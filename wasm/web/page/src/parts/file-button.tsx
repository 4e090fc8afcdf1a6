import { useRef } from "preact/hooks";

interface Props {
  label: string;
  accept?: string;
  primary?: boolean;
  onFile: (name: string, file: Blob) => void;
}

/** A button that asks for a file. */
export function FileButton({ label, accept, primary = false, onFile }: Props) {
  const field = useRef<HTMLInputElement>(null);
  const taken = () => {
    const file = field.current?.files?.[0];
    if (file !== undefined) {
      onFile(file.name, file);
      field.current!.value = ""; // so that the same file can be taken again
    }
  };
  return (
    <>
      <button type="button" class={primary ? "primary" : "quiet"} onClick={() => field.current?.click()}>
        {label}
      </button>
      <input ref={field} type="file" class="unseen" tabIndex={-1} aria-hidden="true" accept={accept} onChange={taken} />
    </>
  );
}
