// What is done on every host: it is sent to the browser as it stands, so that it may use nothing from outside.

/** Runs a trace, or a simulation, and returns what became of it in the form of equality.json. */
export async function done(Holdfast, { trace, simulation }) {
  if (trace !== undefined) {
    const { node, steps } = await Holdfast.replay(trace, { hashes: true });
    await node.close();
    return { hashes: steps.map(({ hash }) => hash) };
  }
  let text = "";
  const { steps, failure } = await Holdfast.simulate({ ...simulation, body: "hashes", onProgress: (progress) => (text += progress.text) });
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
  const hex = Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return { steps, failure, last: text.trim().split("\n").at(-1), sha256: hex };
}
