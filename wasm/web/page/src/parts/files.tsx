import { useEffect, useRef, useState } from "preact/hooks";

interface Props {
  label: string;
  accept?: string;
  primary?: boolean;
  onFile: (name: string, file: Blob) => void;
}

/** A button that opens a file chooser. */
export function FileButton({ label, accept, primary = false, onFile }: Props) {
  const field = useRef<HTMLInputElement>(null);
  const choose = () => {
    const file = field.current?.files?.[0];
    if (file !== undefined) {
      onFile(file.name, file);
      field.current!.value = ""; // otherwise choosing the same file again fires no event
    }
  };
  return (
    <>
      <button type="button" class={primary ? "primary" : "quiet"} onClick={() => field.current?.click()}>
        {label}
      </button>
      <input ref={field} type="file" class="unseen" tabIndex={-1} aria-hidden="true" accept={accept} onChange={choose} />
    </>
  );
}

/** Receives files that the user drops anywhere on the page. Returns true while a file is dragged over the page. */
export function useDrop(onOpen: (name: string, file: Blob) => void): boolean {
  const [over, setOver] = useState(false);
  const open = useRef(onOpen);
  open.current = onOpen;
  useEffect(() => {
    const abort = new AbortController();
    const on = (type: string, handle: (event: DragEvent) => void) =>
      document.addEventListener(
        type,
        (event) => {
          event.preventDefault();
          handle(event as DragEvent);
        },
        { signal: abort.signal },
      );
    on("dragover", () => setOver(true));
    on("dragleave", (event) => event.relatedTarget === null && setOver(false));
    on("drop", (event) => {
      setOver(false);
      const file = event.dataTransfer?.files[0];
      if (file !== undefined) {
        open.current(file.name, file);
      }
    });
    return () => abort.abort();
  }, []);
  return over;
}

/** Offers bytes to the user as a download. */
export function download(name: string, bytes: Uint8Array | string): void {
  const url = URL.createObjectURL(new Blob([bytes as BlobPart], { type: "application/octet-stream" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000); // the browser reads the URL after this task
}

/** Fetches a file from the folder of the page. */
export async function fetchFile(path: string): Promise<Blob> {
  const response = await fetch(path);
  if (!response.ok) {
    throw new Error(`${response.url}: ${response.status} ${response.statusText}`);
  }
  return response.blob();
}
