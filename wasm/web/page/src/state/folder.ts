import { nodeArchive, type NodeFile } from "../../../src/index.js";

/** A file of a folder that the user chose or dropped: its path below the folder, with "/" between names. */
export interface FolderFile {
  path: string;
  file: File;
}

/** A node that was found in a folder. */
export interface FoundNode {
  /** The path of its root directory, which starts with the name of the folder. */
  name: string;
  /** A database, or an archive of the databases of the root. */
  file: Blob;
  /** The number of snapshotters' databases in the archive. */
  snapshotters: number;
}

/**
 * The layouts of roots: the path of the metadata database, and the paths of snapshotters' databases. The module knows
 * the same ones.
 */
const layouts = [
  { database: "io.containerd.metadata.v1.bolt/meta.db", snapshotter: /^io\.containerd\.snapshotter\.v1\.[^/]+\/metadata\.db$/ },
  { database: "containerdmeta.db", snapshotter: /^snapshots\/metadata\.db$/ },
] as const;

/** A database without its root, for example in a folder with copies. */
const lone = "meta.db";

/** Returns the nodes in a folder, the ones with the shortest paths first. */
export function nodesIn(folder: string, files: readonly FolderFile[]): FoundNode[] {
  const nodes: FoundNode[] = [];
  for (const { path, file } of files) {
    const layout = layouts.find(({ database }) => isBelow(path, database));
    if (layout !== undefined) {
      const root = path.slice(0, path.length - layout.database.length);
      const snapshotters = files
        .filter((other) => other.path.startsWith(root) && layout.snapshotter.test(other.path.slice(root.length)))
        .map((other): NodeFile => ({ path: other.path.slice(root.length), bytes: other.file }));
      const name = `${folder}/${root}`.replace(/\/+$/, "");
      nodes.push({ name, file: nodeArchive([{ path: layout.database, bytes: file }, ...snapshotters]), snapshotters: snapshotters.length });
    } else if (isBelow(path, lone)) {
      nodes.push({ name: `${folder}/${path}`, file, snapshotters: 0 });
    }
  }
  const depth = ({ name }: FoundNode) => name.split("/").length;
  return nodes.sort((a, b) => depth(a) - depth(b) || (a.name < b.name ? -1 : 1));
}

function isBelow(path: string, file: string): boolean {
  return path === file || path.endsWith(`/${file}`);
}

/**
 * Returns the name of a folder and its files from a file chooser. Browsers that cannot choose folders choose files,
 * which have no paths.
 */
export function chosenFolder(list: Iterable<File>): { folder: string; files: FolderFile[] } {
  const all = [...list];
  const folder = all[0]?.webkitRelativePath.split("/", 1)[0] ?? "";
  const pathOf = (file: File) => (folder === "" ? file.name : file.webkitRelativePath.slice(folder.length + 1));
  return { folder: folder === "" ? "files" : folder, files: all.map((file) => ({ path: pathOf(file), file })) };
}

/** Folders with the files of images and containers, where no database can be. Their files can be millions. */
const skipped = /^(\d+|blobs|ingest|overlay2|rootfs|fs|work)$/;
const depthMax = 10;

/** Returns the databases in a folder that was dropped. It does not read the files of images and containers. */
export async function droppedFiles(folder: FileSystemDirectoryEntry): Promise<FolderFile[]> {
  const files: FolderFile[] = [];
  const walk = async (directory: FileSystemDirectoryEntry, path: string, depth: number) => {
    for (const entry of await entriesOf(directory)) {
      if (entry.isDirectory && !skipped.test(entry.name) && depth < depthMax) {
        await walk(entry as FileSystemDirectoryEntry, `${path}${entry.name}/`, depth + 1);
      } else if (entry.isFile && entry.name.endsWith(".db")) {
        files.push({ path: path + entry.name, file: await fileOf(entry as FileSystemFileEntry) });
      }
    }
  };
  await walk(folder, "", 0);
  return files;
}

/** Returns all entries of a directory, which the browser lists in batches. */
async function entriesOf(directory: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = directory.createReader();
  const all: FileSystemEntry[] = [];
  for (;;) {
    const batch = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (batch.length === 0) {
      return all;
    }
    all.push(...batch);
  }
}

function fileOf(entry: FileSystemFileEntry): Promise<File> {
  return new Promise((resolve, reject) => entry.file(resolve, reject));
}
