import { render } from "preact";
import { App } from "./app.js";
import { questions } from "./state/instances.js";

void questions.get().catch(() => undefined); // warm, and asked again when it is needed
if (import.meta.env.PROD && "serviceWorker" in navigator) {
  void navigator.serviceWorker.register("service-worker.js").catch(() => undefined); // then it needs the place it came from
}
render(<App />, document.getElementById("page")!);
