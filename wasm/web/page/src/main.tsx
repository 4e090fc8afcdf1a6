import { render } from "preact";
import { App } from "./app.js";
import { questions } from "./state/instances.js";

void questions.get().catch(() => undefined); // warm, and asked again when it is needed
render(<App />, document.getElementById("page")!);
