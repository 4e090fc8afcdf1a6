import { useEffect, useState } from "preact/hooks";
import { visible } from "../text/nodes.js";

/** Shell commands with a button that copies them. */
export function Command({ label, text }: { label: string; text: string }) {
  const [copied, setCopied] = useState<"" | "copied" | "failed">("");
  useEffect(() => setCopied(""), [text]);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setCopied("copied");
    } catch {
      setCopied("failed"); // the browser denies it, or the page has no secure origin
    }
  };
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
