import { useEffect, useRef, useState } from "preact/hooks";
import { chosenFolder, droppedFiles, type FolderFile } from "../state/folder.js";

interface Props {
  label: string;
  accept?: string;
  primary?: boolean;
  onFile: (name: string, file: Blob) => void;
  /** Receives two or more files that the user chooses together; without it, the user can choose only one. */
  onFiles?: (files: readonly File[]) => void;
}

/** A button that opens a file chooser. */
export function FileButton({ label, accept, primary = false, onFile, onFiles }: Props) {
  const field = useRef<HTMLInputElement>(null);
  const choose = () => {
    const files = [...(field.current?.files ?? [])];
    if (files.length > 0) {
      if (files.length > 1) {
        onFiles?.(files);
      } else {
        onFile(files[0]!.name, files[0]!);
      }
      field.current!.value = ""; // otherwise choosing the same file again fires no event
    }
  };
  return (
    <>
      <button type="button" class={primary ? "primary" : "quiet"} onClick={() => field.current?.click()}>
        {label}
      </button>
      <input ref={field} type="file" class="unseen" tabIndex={-1} aria-hidden="true" accept={accept} multiple={onFiles !== undefined} onChange={choose} />
    </>
  );
}

/** A button that opens a chooser of folders. */
export function FolderButton({ label, onFolder }: { label: string; onFolder: (folder: string, files: Promise<FolderFile[]>) => void }) {
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => {
    field.current!.webkitdirectory = true; // the types of attributes lack it
  }, []);
  const choose = () => {
    const { folder, files } = chosenFolder(field.current?.files ?? []);
    if (files.length > 0) {
      onFolder(folder, Promise.resolve(files));
      field.current!.value = "";
    }
  };
  return (
    <>
      <button type="button" onClick={() => field.current?.click()}>
        {label}
      </button>
      <input ref={field} type="file" class="unseen" tabIndex={-1} aria-hidden="true" onChange={choose} />
    </>
  );
}

/** Receives what the user drops. */
export interface DropTarget {
  onFile: (name: string, file: Blob) => void;
  onFiles: (files: readonly File[]) => void;
  onFolder: (folder: string, files: Promise<FolderFile[]>) => void;
}

/**
 * Receives a file, several files or a folder that the user drops anywhere on the page. Returns true while one is
 * dragged over it.
 */
export function useDrop(onDrop: DropTarget): boolean {
  const [over, setOver] = useState(false);
  const target = useRef(onDrop);
  target.current = onDrop;
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
      const entry = event.dataTransfer?.items[0]?.webkitGetAsEntry();
      const files = [...(event.dataTransfer?.files ?? [])];
      if (entry?.isDirectory) {
        target.current.onFolder(entry.name, droppedFiles(entry as FileSystemDirectoryEntry));
      } else if (files.length > 1) {
        target.current.onFiles(files);
      } else if (files.length === 1) {
        target.current.onFile(files[0]!.name, files[0]!);
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
