import type { Client, Finding, Holder, Kind } from "../../../src/index.js";
import { quoted } from "./command.js";
import { parseNode } from "./nodes.js";

/*
 * The commands of containerd's clients for objects. The client of a holder decides which one: a client that keeps
 * records of its own must do the deletion itself.
 */

/** A node of the graph, unescaped. */
interface Named {
  kind: Kind;
  namespace: string;
  key: string;
}

function named(node: string): Named | undefined {
  const [kind, namespace, ...key] = node.split("/");
  return parseNode(node) === undefined ? undefined : { kind: kind as Kind, namespace: namespace!, key: key.join("/") };
}

/** Splits the key of a snapshot, SNAPSHOTTER/KEY. */
function snapshotKey(key: string): [string, string] {
  const slash = key.indexOf("/");
  return [key.slice(0, slash), key.slice(slash + 1)];
}

/** The start of a command, to which the keys of one kind in one namespace are appended. */
function deletionOf({ kind, namespace, key }: Named, client: Client | undefined): { start: string; key: string } | undefined {
  const ctr = `ctr -n ${quoted(namespace)}`;
  switch (kind) {
    case "image":
      return { start: client === "Docker" ? "docker image rm" : client === "nerdctl" ? `nerdctl -n ${quoted(namespace)} rmi` : `${ctr} images rm`, key };
    case "container":
      return { start: client === "CRI" ? "crictl rm" : client === "Docker" ? "docker rm" : client === "nerdctl" ? `nerdctl -n ${quoted(namespace)} rm` : `${ctr} containers rm`, key };
    case "sandbox":
      return { start: "crictl rmp", key };
    case "lease":
      return { start: `${ctr} leases rm`, key };
    case "content":
      return { start: `${ctr} content rm`, key };
    case "snapshot": {
      const [snapshotter, name] = snapshotKey(key);
      return { start: `${ctr} snapshots --snapshotter ${quoted(snapshotter)} rm`, key: name };
    }
    case "ingest":
      return undefined; // only through the content API
  }
}

/** The kinds in the order of deletions: containers use images and snapshots. */
const order: readonly Kind[] = ["container", "sandbox", "image", "lease", "content", "snapshot"];

/**
 * Returns the commands that delete nodes on a running node. CRI deletes all names of an image together, and a
 * container with its snapshot; `ctr images rm` deletes a single name.
 */
export function deletionCommands(nodes: readonly string[], holders: readonly Holder[]): string[] {
  const deleted = new Set(nodes);
  const holderOf = new Map(holders.flatMap((holder) => holder.nodes.map((node) => [node, holder] as const)));
  const commands = new Map<string, string[]>();
  const done = new Set<Holder>();
  const list = nodes.map((node) => ({ node, name: named(node) })).filter((item): item is { node: string; name: Named } => item.name !== undefined);
  for (const kind of order) {
    for (const { node, name } of list.filter((item) => item.name.kind === kind)) {
      const holder = holderOf.get(node);
      const whole = holder !== undefined && holder.nodes.every((other) => deleted.has(other));
      if (kind === "snapshot" && holder?.kind === "container" && whole) {
        continue; // goes with its container
      }
      let command = deletionOf(name, holder?.client);
      if (kind === "image" && holder?.client === "CRI" && whole) {
        if (done.has(holder)) {
          continue;
        }
        done.add(holder);
        command = { start: "crictl rmi", key: named(holder.holder)!.key };
      }
      if (command !== undefined) {
        const keys = commands.get(command.start) ?? [];
        keys.push(quoted(command.key));
        commands.set(command.start, keys);
      }
    }
  }
  return [...commands].map(([start, keys]) => `${start} ${keys.join(" ")}`);
}

/** The checks whose remedy is to delete the object. The blob or image is then pulled again. */
const deletes = new Set(["root-missing", "sandbox-missing", "size", "blob-missing", "blob-size", "blob-damaged", "target-missing"]);

/**
 * Returns the command of a finding: its remedy if that is one command, or else the command that shows the object.
 * `file` is the name of the database.
 */
export function commandOf({ check, node, commands }: Finding, file: string, holders: readonly Holder[]): string {
  if (commands !== undefined && commands.length > 0) {
    return commands.join(" && ");
  }
  const name = named(node);
  if (name === undefined) {
    return `holdfast fsck ${quoted(file)}`;
  }
  if (deletes.has(check)) {
    return deletionCommands([node], holders).join(" && ");
  }
  const ctr = `ctr -n ${quoted(name.namespace)}`;
  switch (name.kind) {
    case "image":
      return `${ctr} images ls ${quoted(`name==${name.key}`)}`;
    case "container":
      return `${ctr} containers info ${quoted(name.key)}`;
    case "sandbox":
      return `crictl inspectp ${quoted(name.key)}`;
    case "lease":
      return `${ctr} leases ls ${quoted(`id==${name.key}`)}`;
    case "content":
      return `${ctr} content ls ${quoted(`digest==${name.key}`)}`;
    case "ingest":
      return `${ctr} content active`;
    case "snapshot": {
      const [snapshotter, key] = snapshotKey(name.key);
      return `${ctr} snapshots --snapshotter ${quoted(snapshotter)} info ${quoted(key)}`;
    }
  }
}
