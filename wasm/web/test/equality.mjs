// Runs the cases of equality.json. The tests in Node and in the browser share this file, so it imports nothing.

/** Runs a case and returns its results in the form of equality.json. */
export async function run(Holdfast, { trace, simulation }) {
  if (trace !== undefined) {
    const { node, steps } = await Holdfast.replay(trace, { hashes: true });
    await node.close();
    return { hashes: steps.map(({ hash }) => hash) };
  }
  let text = "";
  const { steps, failure } = await Holdfast.simulate({ ...simulation, body: "hashes", onProgress: (progress) => (text += progress.text) });
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
  const sha256 = Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return { steps, last: text.trim().split("\n").at(-1), sha256, ...(failure && { failure }) };
}
