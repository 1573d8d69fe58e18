import { render } from "preact";
import { App } from "./app.tsx";
import { listenToClicks } from "./focus.ts";
import { listenToKeys } from "./keyboard.ts";
import { onChange, start, state } from "./store.ts";
import { loadTasks } from "./tasks.ts";

const root = document.getElementById("app");
if (!root) throw new Error("the page has no place for the app");
function draw() {
  const { view } = state.place;
  document.title = view === "overview" ? "wakeq" : `${view} · wakeq`;
  render(<App state={state} />, root as HTMLElement);
}

onChange(draw);
draw();
listenToKeys();
listenToClicks();
start();
void loadTasks();
