/*
 * Recognizes wrong files from a few of their pages, before a large file is copied. The module decides: it gets the
 * first bytes of the file, and then a small database with the names of the file's buckets. See the package comment of
 * memkv/internal/bolt for the layout.
 */

/** The size from which files are probed. */
export const probedFrom = 1 << 20;

const pageSizes = { least: 1 << 10, most: 1 << 16 };
const headerSize = 16;
const elementSize = 16;
const metaSize = 64;
const magic = 0xed0cdaed;
const formatVersion = 2;
const branchFlag = 1;
const leafFlag = 2;
const metaFlag = 4;
const bucketFlag = 1;
const noFreelist = 0xffff_ffff_ffff_ffffn;

/** The first bytes contain both meta pages, at any page size. */
const headSize = pageSizes.most + 4096;

/** The maximum number of pages that are read for the names of a bucket's entries. */
const pagesMax = 16;

/** Returns the first bytes of a file, unpacked; undefined for an archive and for an unreadable file. */
export async function headOf(file: Blob): Promise<Uint8Array | undefined> {
  let head: Uint8Array;
  try {
    head = await bytesOf(file.slice(0, headSize));
    if (head[0] === 0x1f && head[1] === 0x8b) {
      head = await unpack(file);
    }
  } catch {
    return undefined; // whoever reads the whole file reports the error
  }
  const isTar = new TextDecoder().decode(head.subarray(257, 262)) === "ustar";
  return isTar ? undefined : head;
}

async function bytesOf(blob: Blob): Promise<Uint8Array> {
  return new Uint8Array(await blob.arrayBuffer());
}

/** Unpacks the first bytes of a file. */
async function unpack(file: Blob): Promise<Uint8Array> {
  const reader = file.stream().pipeThrough(new DecompressionStream("gzip") as ReadableWritablePair<Uint8Array, Uint8Array>).getReader();
  const head = new Uint8Array(headSize);
  let size = 0;
  while (size < headSize) {
    const { value, done } = await reader.read();
    if (done) {
      break;
    }
    const part = value.subarray(0, headSize - size);
    head.set(part, size);
    size += part.length;
  }
  await reader.cancel();
  return head.subarray(0, size);
}

/** A key of the small database: a bucket with keys, or a value. */
interface Key {
  name: Uint8Array;
  /** Undefined for a value. */
  keys: Key[] | undefined;
}

/**
 * Returns a small database with the keys of a database file and those in its bucket "v1", without values and without
 * further contents: enough to tell whose database it is. Returns undefined if the keys are not found in a few pages.
 */
export async function skeletonOf(file: Blob, head: Uint8Array): Promise<Uint8Array | undefined> {
  try {
    const meta = newestMeta(head);
    if (meta === undefined) {
      return undefined;
    }
    const keyOf = ({ name, bucket }: Entry): Key => ({ name, keys: bucket === undefined ? undefined : [] });
    const keys = (await entriesIn(file, meta.pageSize, meta.root)).map(async (entry): Promise<Key> => {
      const { name, bucket } = entry;
      if (bucket === undefined || new TextDecoder().decode(name) !== "v1") {
        return keyOf(entry);
      }
      return { name, keys: (await childrenOf(file, meta.pageSize, bucket)).map(keyOf) };
    });
    return databaseOf(await Promise.all(keys));
  } catch {
    return undefined; // the file is damaged or unreadable
  }
}

interface Meta {
  pageSize: number;
  root: number;
  transaction: bigint;
}

function newestMeta(head: Uint8Array): Meta | undefined {
  const first = metaAt(head, 0);
  let newest = first;
  for (let size = pageSizes.least; size <= pageSizes.most; size *= 2) {
    const second = metaAt(head, size);
    if (second?.pageSize === size && (newest === undefined || second.transaction > newest.transaction)) {
      newest = second;
    }
  }
  return newest;
}

/** Returns the meta page at an offset; undefined if it is not a valid one. */
function metaAt(head: Uint8Array, at: number): Meta | undefined {
  if (at + headerSize + metaSize > head.length) {
    return undefined;
  }
  const view = viewOf(head, at + headerSize);
  const pageSize = view.getUint32(8, true);
  const sound =
    view.getUint32(0, true) === magic &&
    view.getUint32(4, true) === formatVersion &&
    pageSize >= pageSizes.least &&
    pageSize <= pageSizes.most &&
    view.getBigUint64(metaSize - 8, true) === checksum(head.subarray(at + headerSize, at + headerSize + metaSize - 8));
  return sound ? { pageSize, root: Number(view.getBigUint64(16, true)), transaction: view.getBigUint64(48, true) } : undefined;
}

/** FNV-1a with 64 bits. */
function checksum(bytes: Uint8Array): bigint {
  let sum = 0xcbf2_9ce4_8422_2325n;
  for (const byte of bytes) {
    sum = BigInt.asUintN(64, (sum ^ BigInt(byte)) * 0x100_0000_01b3n);
  }
  return sum;
}

interface Entry {
  name: Uint8Array;
  /** The bucket header, followed by the page of an inline bucket; undefined for a value. */
  bucket: Uint8Array | undefined;
}

/** Returns the entries of the bucket with a root page. */
async function entriesIn(file: Blob, pageSize: number, root: number): Promise<Entry[]> {
  const entries: Entry[] = [];
  const pages = [root];
  for (let read = 0; pages.length > 0; read++) {
    if (read === pagesMax) {
      throw new RangeError("too many pages");
    }
    const at = pages.pop()! * pageSize;
    let page = await bytesOf(file.slice(at, at + pageSize));
    const overflow = viewOf(page).getUint32(12, true);
    if (overflow > pagesMax) {
      throw new RangeError("too many pages");
    }
    if (overflow > 0) {
      page = await bytesOf(file.slice(at, at + (1 + overflow) * pageSize));
    }
    if ((viewOf(page).getUint16(8, true) & branchFlag) !== 0) {
      elementsOf(page).forEach((element) => pages.push(Number(element.getBigUint64(8, true))));
    } else {
      entries.push(...leafEntries(page));
    }
  }
  return entries;
}

async function childrenOf(file: Blob, pageSize: number, bucket: Uint8Array): Promise<Entry[]> {
  const root = Number(viewOf(bucket).getBigUint64(0, true));
  return root === 0 ? leafEntries(bucket.subarray(headerSize)) : entriesIn(file, pageSize, root);
}

function leafEntries(page: Uint8Array): Entry[] {
  return elementsOf(page).map((element) => {
    const start = element.byteOffset - page.byteOffset + element.getUint32(4, true);
    const end = start + element.getUint32(8, true);
    const isBucket = (element.getUint32(0, true) & bucketFlag) !== 0;
    return { name: page.subarray(start, end), bucket: isBucket ? page.subarray(end, end + element.getUint32(12, true)) : undefined };
  });
}

/** Returns views that start at the elements of a page. */
function elementsOf(page: Uint8Array): DataView[] {
  return Array.from({ length: viewOf(page).getUint16(10, true) }, (_, i) => viewOf(page, headerSize + i * elementSize));
}

function viewOf(bytes: Uint8Array, at = 0): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset + at, bytes.byteLength - at);
}

/** Returns a database with keys. Buckets with keys have pages of their own, empty ones are inline. */
function databaseOf(keys: readonly Key[]): Uint8Array {
  const pageSize = 4096;
  const pages: Uint8Array[] = []; // after the meta pages; some take several places
  let next = 2;
  const place = (page: Uint8Array): bigint => {
    const id = BigInt(next);
    const places = Math.ceil(page.length / pageSize);
    viewOf(page).setBigUint64(0, id, true);
    viewOf(page).setUint32(12, places - 1, true); // the overflow
    const whole = new Uint8Array(places * pageSize);
    whole.set(page);
    pages.push(whole);
    next += places;
    return id;
  };
  const root = place(leafOf(keys, place));
  const metas = [0, 1].map((i) => {
    const page = new Uint8Array(pageSize);
    viewOf(page).setBigUint64(0, BigInt(i), true);
    viewOf(page).setUint16(8, metaFlag, true);
    const meta = viewOf(page, headerSize);
    meta.setUint32(0, magic, true);
    meta.setUint32(4, formatVersion, true);
    meta.setUint32(8, pageSize, true);
    meta.setBigUint64(16, root, true);
    meta.setBigUint64(32, noFreelist, true);
    meta.setBigUint64(40, BigInt(next), true);
    meta.setBigUint64(48, BigInt(i), true); // the transaction
    meta.setBigUint64(metaSize - 8, checksum(page.subarray(headerSize, headerSize + metaSize - 8)), true);
    return page;
  });
  const database = new Uint8Array(next * pageSize);
  let at = 0;
  for (const page of [...metas, ...pages]) {
    database.set(page, at);
    at += page.length;
  }
  return database;
}

/** Returns a leaf page with keys, as large as necessary. `place` places the pages of buckets with keys. */
function leafOf(keys: readonly Key[], place: (page: Uint8Array) => bigint): Uint8Array {
  const values = keys.map(({ keys: inside }) => {
    if (inside === undefined) {
      return new Uint8Array(1);
    }
    const page = leafOf(inside, place);
    const inline = inside.length === 0;
    const value = new Uint8Array(headerSize + (inline ? page.length : 0));
    if (inline) {
      value.set(page, headerSize);
    } else {
      viewOf(value).setBigUint64(0, place(page), true);
    }
    return value;
  });
  const size = keys.reduce((sum, { name }, i) => sum + elementSize + name.length + values[i]!.length, headerSize);
  const page = new Uint8Array(size);
  const view = viewOf(page);
  view.setUint16(8, leafFlag, true);
  view.setUint16(10, keys.length, true);
  let at = headerSize + keys.length * elementSize;
  keys.forEach(({ name, keys: inside }, i) => {
    const element = headerSize + i * elementSize;
    view.setUint32(element, inside === undefined ? 0 : bucketFlag, true);
    view.setUint32(element + 4, at - element, true);
    view.setUint32(element + 8, name.length, true);
    view.setUint32(element + 12, values[i]!.length, true);
    page.set(name, at);
    page.set(values[i]!, at + name.length);
    at += name.length + values[i]!.length;
  });
  return page;
}
