import { render } from "preact";
import { App } from "./app.js";
import { prepare } from "./state/instances.js";

prepare();
if (import.meta.env.PROD && "serviceWorker" in navigator) {
  void navigator.serviceWorker.register("service-worker.js").catch(() => undefined); // without it, the page needs its server
}
render(<App />, document.getElementById("page")!);
