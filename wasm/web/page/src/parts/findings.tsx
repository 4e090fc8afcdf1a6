import type { Finding, Holder, Severity } from "../../../src/index.js";
import { parseNode } from "../text/nodes.js";
import { commandOf } from "../text/remedies.js";
import { plural } from "../text/format.js";
import { Command, CommandLine } from "./command.js";
import { NodeLink } from "./node-link.js";
import { VirtualList } from "./virtual-list.js";

const severities: Record<Severity, { word: string; mark: string }> = {
  error: { word: "Error", mark: "✕" },
  warning: { word: "Warning", mark: "!" },
  info: { word: "Remark", mark: "i" },
};

interface Props {
  findings: readonly Finding[];
  /** The name of the database, for commands. */
  file: string;
  /** The holders of the database; none if it cannot be opened. */
  holders: readonly Holder[];
}

/** The findings, grouped by remedy, in order of severity. */
export function Findings({ findings, file, holders }: Props) {
  return (
    <div class="findings">
      {groupBy(findings, ({ severity, do: remedy }) => `${severity} ${remedy}`).map((group) => (
        <Remedy key={`${group[0]!.severity} ${group[0]!.do}`} group={group} file={file} holders={holders} />
      ))}
    </div>
  );
}

/** The findings with one remedy. */
function Remedy({ group, file, holders }: Omit<Props, "findings"> & { group: readonly Finding[] }) {
  const { severity, do: remedy } = group[0]!;
  const { word, mark } = severities[severity];
  const causes = groupBy(group, ({ check, means }) => `${check} ${means}`);
  const commands = [...new Set(group.flatMap((finding) => finding.commands ?? []))];
  return (
    <section class={`finding ${severity}`} aria-label={`${word}: ${causes.map(([first]) => first!.check).join(", ")}`}>
      <h2>
        <span class="mark" aria-hidden="true">
          {mark}
        </span>
        {word}: {causes.map(([first], i) => [i > 0 && ", ", <code key={first!.check}>{first!.check}</code>])}{" "}
        <span class="count">{places(group)}</span>
      </h2>
      {causes.map(([first]) => (
        <p key={`${first!.check} ${first!.means}`}>{sentence(first!.means)}</p>
      ))}
      <p class="todo">
        <strong>What to do:</strong> {remedy}.
      </p>
      {commands.length > 0 && (
        <details open={commands.length <= 4}>
          <summary>As {plural(commands.length, "command")}</summary>
          <Command label={`Commands for ${causes.map(([first]) => first!.check).join(", ")}`} text={commands.join("\n")} />
        </details>
      )}
      {causes.map((cause) => (
        <details key={`${cause[0]!.check} ${cause[0]!.means}`} open={cause.length <= 3}>
          <summary>
            Show {places(cause)}
            {causes.length > 1 && ` of ${cause[0]!.check}`}
          </summary>
          <VirtualList
            items={cause}
            rowHeight={84}
            rows={8}
            label={`Findings of ${cause[0]!.check}: ${cause[0]!.means}; ${remedy}`}
            row={(finding) => (
              <div class="found">
                <NodeLink node={finding.node} />
                <span class="detail" title={finding.detail}>
                  {finding.detail}
                </span>
                <CommandLine label={`command for ${finding.node}`} text={commandOf(finding, file, holders)} />
              </div>
            )}
          />
        </details>
      ))}
    </section>
  );
}

/** Groups findings by a key. The groups and the findings in each keep their order. */
function groupBy(findings: readonly Finding[], key: (finding: Finding) => string): Finding[][] {
  const groups = new Map<string, Finding[]>();
  for (const finding of findings) {
    const group = groups.get(key(finding));
    if (group === undefined) {
      groups.set(key(finding), [finding]);
    } else {
      group.push(finding);
    }
  }
  return [...groups.values()];
}

function places(findings: readonly Finding[]): string {
  return plural(findings.length, parseNode(findings[0]!.node) === undefined ? "place" : "object");
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
