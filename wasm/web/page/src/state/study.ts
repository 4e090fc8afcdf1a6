import type { Comparison, Point, Study, StudyProgress } from "../../../src/index.js";

/** The profiles of load that come with Holdfast, with what each stands for and the policies worth trying on it. */
export const profiles = [
  {
    name: "k8s-node",
    about: "A node of a Kubernetes cluster: long-lived services that are updated, and many short jobs.",
    policies: "none\nkubelet\nkubelet:high=70,low=60\nkubelet:maxage=7d\nlru",
  },
  {
    name: "multi-tenant",
    about: "A platform where every tenant has a namespace and brings images, beside a few that all use.",
    policies: "none\nkubelet\nkubelet:high=70,low=60\nkubelet:maxage=7d\nlru",
  },
  {
    name: "build-host",
    about: "A host that builds images all day with one build cache, and runs little else.",
    policies: "none\nbuildkit\nbuildkit:defaults=dockerd\nbuildkit:all=true,reserved=10GB,max=50%\nlru",
  },
  {
    name: "ci-runner",
    about: "A runner of a CI service: each job pulls what it needs, runs once, and often builds an image.",
    policies: "none\nttl:after=7d\nkubelet+buildkit\nkubelet+buildkit:defaults=dockerd\nlru",
  },
  {
    name: "edge",
    about: "A device in the field: few applications, a slow line, a small disk, an update now and then.",
    policies: "none\nkubelet\nkubelet:high=70,low=60\nkubelet:maxage=7d\nlru",
  },
] as const;

export type ProfileName = (typeof profiles)[number]["name"];

/** What the form asks for. */
export interface Wanted {
  profile: ProfileName;
  days: number;
  seeds: number;
  seed: number;
  /** Every node begins as the database that is open, if one is. */
  from: boolean;
  /** One combination a line. */
  policies: string;
}

/** Policies of when to collect: any other is of what to let go of. */
const schedules = new Set(["containerd", "interval", "watermark", "after-deletion", "on-demand", "never"]);

/** The study that the form asks for. What is wrong with a policy, the module says. */
export function studyOf(wanted: Wanted): Study {
  const { profile, days, seeds, seed } = wanted;
  const lines = wanted.policies
    .split("\n")
    .map((line) => line.replace(/#.*/, "").trim())
    .filter((line) => line !== "");
  return { profile, days, seeds, seed, policies: lines.map(combinationOf) };
}

/** One line taken apart: when to collect, and what to let go of, with "+" between. */
function combinationOf(line: string): { collect?: string; release: string[] } {
  const parts = line.split("+").map((part) => part.trim());
  const collect = parts.find((part) => schedules.has(part.split(":", 1)[0]!));
  const release = parts.filter((part) => part !== collect);
  return collect === undefined ? { release } : { collect, release };
}

/** One line of a chart over time. */
export interface Line {
  name: string;
  series: readonly Point[];
  bound: boolean;
}

/** A study that runs or has run. */
export interface Run {
  number: number;
  wanted: Wanted;
  /** How much is done: from 0 to 1. */
  done: number;
  /** What it is at, for a person. */
  at: string;
  /** Of the node at work, or the means of all nodes in the end. */
  lines: readonly Line[];
  result?: Comparison;
  stopped?: boolean;
  error?: unknown;
}

/** A run with what its study has told since. */
export function advanced(run: Run, did: number, of: number, told: StudyProgress): Run {
  const { policy, seed, day, series } = told;
  const done = of > 0 ? did / of : 0;
  if (policy === "" || series.length === 0) {
    return { ...run, done };
  }
  const line = { name: policy, series, bound: policy === "clairvoyant" };
  const there = run.lines.some(({ name }) => name === policy);
  return {
    ...run,
    done,
    at: `node ${seed - run.wanted.seed + 1} of ${run.wanted.seeds}, ${policy}, day ${day}`,
    lines: there ? run.lines.map((other) => (other.name === policy ? line : other)) : [...run.lines, line],
  };
}

/** A run that has come to its end. */
export function finished(run: Run, result: Comparison): Run {
  const lines = result.policies.map(({ name, series, bound }) => ({ name, series, bound: bound === true }));
  return { ...run, done: 1, at: "", lines, result };
}
