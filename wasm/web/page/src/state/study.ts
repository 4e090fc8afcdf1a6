import type { Comparison, Point, Study, StudyProgress } from "../../../src/index.js";
import { bytes } from "../text/format.js";

/** The built-in load profiles, each with a description and suitable policies. */
export const profiles = [
  {
    name: "k8s-node",
    about: "A Kubernetes node with long-running services, regular updates and many short jobs.",
    policies: "none\nkubelet\nkubelet:high=70,low=60\nkubelet:maxage=7d\nlru",
  },
  {
    name: "multi-tenant",
    about: "A platform on which each tenant has a namespace with its own images, and all tenants share a few images.",
    policies: "none\nkubelet\nkubelet:high=70,low=60\nkubelet:maxage=7d\nlru",
  },
  {
    name: "build-host",
    about: "A host that builds images all day with one build cache and runs few containers.",
    policies: "none\nbuildkit\nbuildkit:defaults=dockerd\nbuildkit:all=true,reserved=10GB,max=50%\nlru",
  },
  {
    name: "ci-runner",
    about: "A runner of a CI service. Each job pulls its images, runs once and often builds an image.",
    policies: "none\nttl:after=7d\nkubelet+buildkit\nkubelet+buildkit:defaults=dockerd\nlru",
  },
  {
    name: "edge",
    about: "A device in the field with few applications, a slow network, a small disk and rare updates.",
    policies: "none\nkubelet\nkubelet:high=70,low=60\nkubelet:maxage=7d\nlru",
  },
] as const;

export type ProfileName = (typeof profiles)[number]["name"];

/** A load profile from a file. */
export interface CustomProfile {
  /** The name of the file. */
  name: string;
  json: string;
}

/** The values of the form. */
export interface Settings {
  profile: ProfileName;
  /** Replaces `profile` if set. */
  custom?: CustomProfile | undefined;
  days: number;
  seeds: number;
  seed: number;
  /** Start every node as a copy of the open database. */
  fromDatabase: boolean;
  /** One policy per line. */
  policies: string;
}

/** The name of the load for labels. */
export function loadName({ profile, custom }: Settings): string {
  return custom?.name ?? profile;
}

/** The names of GC schedules. Every other part of a policy is an eviction policy. */
const schedules = new Set(["containerd", "interval", "watermark", "after-deletion", "on-demand", "never"]);

/** Returns the study for the values of the form. The module validates the policies. */
export function studyOf(settings: Settings): Study {
  const { profile, custom, days, seeds, seed } = settings;
  const load = custom === undefined ? { profile } : { profileText: custom.json };
  const lines = settings.policies
    .split("\n")
    .map((line) => line.replace(/#.*/, "").trim())
    .filter((line) => line !== "");
  return { ...load, days, seeds, seed, policies: lines.map(combinationOf) };
}

/** Splits a policy such as "interval:1h+lru" into its schedule and its eviction policies. */
function combinationOf(line: string): { collect?: string; release: string[] } {
  const parts = line.split("+").map((part) => part.trim());
  const collect = parts.find((part) => schedules.has(part.split(":", 1)[0]!));
  const release = parts.filter((part) => part !== collect);
  return collect === undefined ? { release } : { collect, release };
}

/** A line of the chart. */
export interface Line {
  name: string;
  series: readonly Point[];
  /** The policy knows the future: no node can run it. */
  clairvoyant: boolean;
}

/**
 * A running or finished study. Invariants: at most one of `result`, `stopped` and `error` is set, and none while the
 * study runs; `done` is 1 if `result` is set.
 */
export interface Run {
  number: number;
  settings: Settings;
  /** The completed share of the work, from 0 to 1. */
  done: number;
  /** The current node, for people. */
  position: string;
  /** Per policy: the series of the current node; after the end, the means over all nodes. */
  lines: readonly Line[];
  result?: Comparison;
  stopped?: boolean;
  error?: unknown;
}

/** Returns the run after a step of its study. */
export function withProgress(run: Run, did: number, of: number, progress: StudyProgress): Run {
  const { policy, seed, day, series, disk } = progress;
  const done = of > 0 ? did / of : 0;
  if (policy === "" || series.length === 0) {
    return { ...run, done };
  }
  if (disk !== undefined) {
    return { ...run, done, position: `larger disk: ${bytes(disk)}, ${policy}, day ${day}` };
  }
  const line = { name: policy, series, clairvoyant: policy === "clairvoyant" };
  const exists = run.lines.some(({ name }) => name === policy);
  return {
    ...run,
    done,
    position: `node ${seed - run.settings.seed + 1} of ${run.settings.seeds}, ${policy}, day ${day}`,
    lines: exists ? run.lines.map((other) => (other.name === policy ? line : other)) : [...run.lines, line],
  };
}

/** Returns the run after the end of its study. */
export function withResult(run: Run, result: Comparison): Run {
  const lines = result.policies.map(({ name, series, clairvoyant }) => ({
    name,
    series,
    clairvoyant: clairvoyant === true,
  }));
  return { ...run, done: 1, position: "", lines, result };
}
