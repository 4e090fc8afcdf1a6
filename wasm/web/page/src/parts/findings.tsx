import type { Finding, Severity } from "../../../src/index.js";
import { parseNode } from "../text/nodes.js";
import { plural } from "../text/format.js";
import { NodeLink } from "./node-link.js";
import { VirtualList } from "./virtual-list.js";

export const severities: Record<Severity, { word: string; mark: string }> = {
  error: { word: "Error", mark: "✕" },
  warning: { word: "Warning", mark: "!" },
  info: { word: "Remark", mark: "i" },
};

/** The findings, grouped by check, in order of severity. */
export function Findings({ findings }: { findings: Finding[] }) {
  return (
    <div class="findings">
      {byCheck(findings).map((group) => (
        <Group key={`${group[0]!.severity} ${group[0]!.check} ${group[0]!.means}`} group={group} />
      ))}
    </div>
  );
}

function Group({ group }: { group: Finding[] }) {
  const { severity, check, means, do: todo } = group[0]!;
  const { word, mark } = severities[severity];
  return (
    <section class={`finding ${severity}`} aria-label={`${word}: ${check}`}>
      <h2>
        <span class="mark" aria-hidden="true">
          {mark}
        </span>
        {word}: <code>{check}</code>{" "}
        <span class="count">{plural(group.length, parseNode(group[0]!.node) === undefined ? "place" : "object")}</span>
      </h2>
      <p>{sentence(means)}</p>
      <p class="todo">
        <strong>What to do:</strong> {todo}.
      </p>
      <details open={group.length <= 3}>
        <summary>Show {plural(group.length, parseNode(group[0]!.node) === undefined ? "place" : "object")}</summary>
        <VirtualList
          items={group}
          rowHeight={52}
          rows={8}
          label={`Findings of ${check}`}
          row={(finding) => (
            <div class="found">
              <NodeLink node={finding.node} />
              <span class="detail" title={finding.detail}>
                {finding.detail}
              </span>
            </div>
          )}
        />
      </details>
    </section>
  );
}

function byCheck(findings: Finding[]): Finding[][] {
  const groups: Finding[][] = [];
  for (const finding of findings) {
    const last = groups.at(-1);
    if (
      last !== undefined &&
      last[0]!.check === finding.check &&
      last[0]!.means === finding.means &&
      last[0]!.do === finding.do
    ) {
      last.push(finding);
    } else {
      groups.push([finding]);
    }
  }
  return groups;
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
