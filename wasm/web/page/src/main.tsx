import { render } from "preact";
import { App } from "./app.js";
import { queries } from "./state/instances.js";

void queries.get().catch(() => undefined); // preload; a failure surfaces on first use
if (import.meta.env.PROD && "serviceWorker" in navigator) {
  void navigator.serviceWorker.register("service-worker.js").catch(() => undefined); // without it, the page needs its server
}
render(<App />, document.getElementById("page")!);
