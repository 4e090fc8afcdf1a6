/** Valid and invalid uses of the package. The test compiles this file and never runs it. */
import {
  Holdfast,
  HoldfastError,
  HoldfastNode,
  MetaFile,
  nodeArchive,
  parseTrace,
  pinnedBy,
  type About,
  type Accounting,
  type Code,
  type Comparison,
  type Diff,
  type FileReason,
  type Finding,
  type Fsck,
  type Holder,
  type Outcome,
  type Part,
  type Plan,
  type ReplayStep,
  type Result,
  type ObjectSize,
  type Salvaged,
  type Top,
  type Trace,
  type Tree,
  type Why,
} from "holdfast";

export async function everything(file: File, response: Promise<Response>, signal: AbortSignal): Promise<void> {
  await using holdfast: Holdfast = await Holdfast.start({ module: response, worker: true, signal });
  await using node: HoldfastNode = await holdfast.open({ bytes: file, rules: "2.1", now: new Date(), signal, transfer: true });
  const plan: Plan = await node.plan({ deleted: ["image/default/a"], signal });
  const images: number | undefined = plan.removedCount.image;
  const why: Why = await node.why(plan.removed[0]!, { limit: 3 });
  const reason: string | undefined = why.chains[0]?.[0]?.reasons[0]?.text;
  const later: Plan = await node.plan({ deleted: ["holder/image/default/a", "lease/moby/*"], until: new Date() });
  const top: Top = await node.top({ limit: 10 });
  const accounting: Accounting = await node.account({ byName: true, limit: 10, holdersPerSet: 2 });
  const holder: Holder | undefined = accounting.holders[0];
  const unknown: Part | undefined = accounting.unknown;
  const tree: Tree = await node.inspect("v1/default");
  const fsck: Fsck = await node.fsck();
  const findings: Finding[] = fsck.findings.filter(({ severity }) => severity === "error");
  const sized: ObjectSize[] = await node.objects();
  const fork: HoldfastNode = await node.fork();
  const diff: Diff = await node.diff(fork);
  const results: Result[] = await node.apply([{ op: "images.get", ns: "default", name: "a", anything: 7n }]);
  const got = results[0] as Result<{ name: string }>;
  const saved: Uint8Array = await node.save();
  const text: string = (await node.hash()) + (await node.dump()) + got.value?.name;
  const found: MetaFile = await Holdfast.read({ bytes: saved.buffer as ArrayBuffer, at: "2026-01-02T15:04:05Z", containerd: "2.4", worker: false });
  const { plan: done, bytes } = await (await found.view({ at: new Date() })).gc();
  const archive: Blob = nodeArchive([{ path: "io.containerd.metadata.v1.bolt/meta.db", bytes }]);
  const checked: Fsck = await Holdfast.check({ bytes: archive, verify: true, onProgress: ({ did, progress }) => console.log(did, progress.phase) });
  const { salvaged, bytes: sound } = await Holdfast.salvage({ bytes: file, transfer: true, signal, worker: false });
  const lost: Salvaged["lost"][number] | undefined = salvaged.lost[0];
  const blob: string | undefined = salvaged.orphans?.blobs[0]?.partOf?.[0];
  const trace: Trace = parseTrace('{"holdfast":1}');
  const replayed = await Holdfast.replay(text, { hashes: true, onStep: ({ line, hash }: ReplayStep) => console.log(line, hash) });
  const outcome: Outcome = await Holdfast.simulate({
    seed: 7n,
    ops: 1000,
    profile: "swarm",
    signal,
    onProgress: ({ did, of, progress, text }) => console.log(did / of, progress.collections, text),
  });
  const comparison: Comparison = await Holdfast.compare({ policies: [{ release: ["lru"] }], days: 3, onProgress: ({ did }) => console.log(did), signal });
  const pinned: number = comparison.policies[0]!.series[0]!.pinned[pinnedBy.indexOf("leases")]!;
  const about: About = await Holdfast.about();
  const code: Code = new HoldfastError("not_found", "nowhere").code;
  const fileReason: FileReason | undefined = new HoldfastError("unknown", "empty", { reason: "truncated" }).reason;
  console.log(later.untilFreed?.bytes, holder?.client, unknown?.objects, images, reason, top, tree, findings, sized, diff, done, checked, sound.length, lost?.bucket, blob, trace.ops, replayed.steps, outcome.failure?.rule, pinned, about, code, fileReason);

  // @ts-expect-error: bytes is required
  await Holdfast.open({});
  // @ts-expect-error: no such option
  await Holdfast.open({ bytes: file, containerd: "2.1" });
  // @ts-expect-error: deleted is an array
  await node.plan({ deleted: "image/default/a" });
  // @ts-expect-error: files are immutable
  await found.apply([]);
  // @ts-expect-error: a salvage has no time
  await Holdfast.salvage({ bytes: file, at: new Date() });
  // @ts-expect-error: no such code
  code === "gone";
  // @ts-expect-error: the first chain may be undefined
  why.chains[0].length;
}
