import { useEffect, useState } from "preact/hooks";
import { visible } from "../text/nodes.js";

/** Shell commands with a button that copies them. */
export function Command({ label, text }: { label: string; text: string }) {
  const [copied, setCopied] = useState<"" | "copied" | "failed">("");
  useEffect(() => setCopied(""), [text]);
  const copy = () =>
    navigator.clipboard.writeText(text).then(
      () => setCopied("copied"),
      () => setCopied("failed"), // the browser denies it
    );
  return (
    <div class="command">
      <pre tabIndex={0} aria-label={label}>
        <code>{text.split("\n").map(visible).join("\n")}</code>
      </pre>
      <button type="button" class="quiet" onClick={copy}>
        Copy
      </button>
      <span class="hint" role="status">
        {copied === "copied" ? "Copied." : copied === "failed" ? "The browser refuses: select the text instead." : ""}
      </span>
    </div>
  );
}
