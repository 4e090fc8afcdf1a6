import type { Fsck, Holder, LostPart, OldRecords, Previous } from "../../../src/index.js";
import { quoted } from "../text/command.js";
import { plural } from "../text/format.js";
import { visible } from "../text/nodes.js";
import { Command } from "./command.js";
import { Findings } from "./findings.js";
import { Images } from "./images.js";

interface Props {
  fsck: Fsck;
  /** The name of the file, for commands. */
  file: string;
  /** The holders of the database; none if it cannot be opened. */
  holders: readonly Holder[];
  /** Checks again and compares the content with its digests; undefined if that is done or impossible. */
  onVerify: (() => void) | undefined;
}

/** The answer of fsck: the verdict, the losses, the findings, the images, and the parts that were not looked at. */
export function FsckAnswer({ fsck, file, holders, onVerify }: Props) {
  const { contentChecked, findings, counts, notChecked = [], lost = [], previous, oldRecords, images = [] } = fsck;
  const remarks = findings.filter(({ severity }) => severity === "info");
  return (
    <>
      <p class={`verdict ${counts.error > 0 ? "error" : counts.warning > 0 ? "warning" : "fine"}`}>{verdict(fsck)}</p>
      {lost.length > 0 && <Lost parts={lost} />}
      {previous !== undefined && <PreviousState previous={previous} />}
      {oldRecords !== undefined && oldRecords.records + oldRecords.lostCount > 0 && <Unused old={oldRecords} file={file} />}
      <Findings findings={findings.filter(({ severity }) => severity !== "info")} file={file} holders={holders} />
      {remarks.length > 0 && (
        <details class="remarks">
          <summary>{plural(remarks.length, "remark")} on usual facts</summary>
          <Findings findings={remarks} file={file} holders={holders} />
        </details>
      )}
      <Images images={images} />
      {notChecked.length > 0 && (
        <section class="note unchecked" aria-label="Not looked at">
          <h2>Not looked at</h2>
          <p>The findings say nothing about:</p>
          <ul>
            {notChecked.map((part) => (
              <li key={part}>{visible(part)}</li>
            ))}
          </ul>
          {contentChecked && onVerify !== undefined && (
            <p>
              <button type="button" onClick={onVerify}>
                Compare the content in the file with its digests
              </button>
            </p>
          )}
          <p>On the node, this command looks at everything:</p>
          <Command label="Command that checks the whole node" text="holdfast fsck --verify" />
        </section>
      )}
    </>
  );
}

/** The verdict in the words of the command. "No fault" without a restriction only if everything was looked at. */
export function verdict({ counts, notChecked = [] }: Fsck): string {
  if (counts.error + counts.warning > 0) {
    return `${plural(counts.error, "error")}, ${plural(counts.warning, "warning")}.`;
  }
  return notChecked.length === 0
    ? "No fault in the metadata, the content and the snapshotters."
    : "No fault in the parts that were looked at.";
}

function Lost({ parts }: { parts: readonly LostPart[] }) {
  return (
    <section class="note error" aria-label="Lost">
      <p>
        <strong>Parts of the database are lost. The other findings are about the rest.</strong>
      </p>
      <ul>
        {parts.map((part, i) => (
          <li key={i}>{visible(lostText(part))}</li>
        ))}
      </ul>
    </section>
  );
}

function lostText({ bucket, page, from, to, more }: LostPart): string {
  if (more !== undefined) {
    return `${plural(more, "more part")}, anywhere in the database`;
  }
  const where = bucket === "" ? "the whole database" : bucket;
  const range =
    from !== undefined && to !== undefined
      ? `from ${from} to before ${to}`
      : from !== undefined
        ? `from ${from} on`
        : to !== undefined
          ? `before ${to}`
          : "all of it";
  return `${where}, ${range} (page ${page})`;
}

function PreviousState({ previous }: { previous: Previous }) {
  const { whole, fault, onlyPrevious, onlyNewest } = previous;
  return (
    <p class="note">
      {whole
        ? `The previous transaction is whole (holdfast --previous): it has ${plural(onlyPrevious, "object")} that the readable rest lacks, and lacks ${plural(onlyNewest, "object")} of it.`
        : `The previous transaction is damaged, too: ${visible(fault ?? "")}`}
    </p>
  );
}

function Unused({ old: { pages, records, lost, lostCount }, file }: { old: OldRecords; file: string }) {
  return (
    <section class="note" aria-label="Old records">
      <p>
        {`Pages that the database does not use (${pages}) have ${plural(records, "old record")} that it lacks, most of them deleted on purpose.`}
      </p>
      {lostCount > 0 && (
        <>
          <p>{`${plural(lostCount, "record")} of the lost parts among them, possibly outdated:`}</p>
          <ul>
            {lost.map((node) => (
              <li key={node}>{visible(node)}</li>
            ))}
            {lostCount > lost.length && <li>{`and ${plural(lostCount - lost.length, "more record")}`}</li>}
          </ul>
        </>
      )}
      <p>This command lists them:</p>
      <Command label="Command that lists old records" text={`holdfast salvage ${quoted(file)} --scavenge`} />
    </section>
  );
}
