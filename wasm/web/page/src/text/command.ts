/** Quotes a word for a shell, if it needs quotes. Control characters are escaped: terminals act on them. */
export function quoted(word: string): string {
  if (/^[A-Za-z0-9_@%+=:,./-]+$/.test(word)) {
    return word;
  }
  const escape = (c: string) => `\\x${c.charCodeAt(0).toString(16).padStart(2, "0")}`;
  return /[\x00-\x1f\x7f]/.test(word)
    ? `$'${word.replace(/['\\]/g, "\\$&").replace(/[\x00-\x1f\x7f]/g, escape)}'`
    : `'${word.replaceAll("'", "'\\''")}'`;
}

/** The arguments of a plan. */
export interface PlanArguments {
  containerd: string;
  at: string;
  salvage: boolean;
  until: string | undefined;
  deleted: readonly string[];
}

/** Returns the command that prints the plan of a file. */
export function planCommand(file: string, { containerd, at, salvage, until, deleted }: PlanArguments): string {
  const words = ["holdfast", "plan", file.startsWith("-") ? `./${file}` : file, "--containerd", containerd, "--at", at];
  if (salvage) {
    words.push("--salvage");
  }
  if (until !== undefined) {
    words.push("--until", until);
  }
  deleted.forEach((selection) => words.push("--delete", selection));
  return words.map(quoted).join(" ");
}
