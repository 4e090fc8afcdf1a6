/** containerd's metadata store and garbage collector in WebAssembly. Start with the class `Holdfast`. */
export { Holdfast, type About, type OpenOptions, type SalvageOptions, type StartOptions } from "./holdfast.js";
export { HoldfastNode } from "./node.js";
export { MetaFile, type CheckOptions, type CheckProgress, type Examination, type ExaminationOptions, type ReadOptions } from "./file.js";
export { nodeArchive, type NodeFile } from "./archive.js";
export { HoldfastError, type Code, type FileReason } from "./error.js";
export { parseTrace, type Op, type Result, type Schedule, type Setup, type Trace } from "./trace.js";
export { pinnedBy } from "./study.js";
export type * from "./answers.js";
export type {
  Bucket,
  Combination,
  Comparison,
  Cost,
  Drawn,
  Failure,
  HolderMean,
  LoadInfo,
  Metric,
  NodeFaults,
  Outcome,
  PauseModel,
  Point,
  PolicyResult,
  Progress,
  Simulation,
  SimulationProgress,
  Study,
  StudyProgress,
} from "./study.js";
export type { Bytes, Text } from "./values.js";
export type { CallOptions } from "./calls.js";
export type { Watch } from "./job.js";
export { packedModule, type ModuleSource } from "./module.js";
export type { Replay, ReplayOptions, ReplayStep } from "./replay.js";
export type { Subject } from "./subject.js";
