/*
 * The file that the user keeps in this browser, so that a reload opens it again. It is in an IndexedDB database of the
 * page's origin, which no other site can read. There is at most one.
 */

/** A kept file, with how it was opened. */
export interface KeptFile {
  name: string;
  file: Blob;
  at: string;
  salvage: boolean;
}

const database = "holdfast";
const store = "files";
const key = "open";

/** Keeps a file in place of an earlier one. Fails if the browser has no room or blocks storage. */
export async function keep(kept: KeptFile): Promise<void> {
  await inStore("readwrite", (files) => files.put(kept, key));
}

/** Deletes the kept file, if there is one. */
export async function forget(): Promise<void> {
  await inStore("readwrite", (files) => files.delete(key));
}

/** Returns the kept file; undefined without one, and if the browser blocks storage. */
export async function recall(): Promise<KeptFile | undefined> {
  try {
    return (await inStore("readonly", (files) => files.get(key))) as KeptFile | undefined;
  } catch {
    return undefined;
  }
}

async function inStore(mode: IDBTransactionMode, use: (files: IDBObjectStore) => IDBRequest): Promise<unknown> {
  const opening = indexedDB.open(database, 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore(store);
  const opened = (await settled(opening)) as IDBDatabase;
  try {
    const transaction = opened.transaction(store, mode);
    const request = use(transaction.objectStore(store));
    await new Promise<void>((resolve, reject) => {
      transaction.oncomplete = () => resolve();
      transaction.onabort = () => reject(transaction.error);
    });
    return request.result;
  } finally {
    opened.close();
  }
}

function settled(request: IDBRequest): Promise<unknown> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
