import { key } from "../api.ts";
import { ProblemWords } from "../parts/notice.tsx";
import type { ApiProblem } from "../shapes.ts";
import { takeKey } from "../store.ts";
import { loadTasks } from "../tasks.ts";

/** Asks for an API key, in place of a view. */
export function KeyPrompt({ problem }: { problem: ApiProblem }) {
  const isWrong = key.get() !== "";
  return (
    <form
      id="key-form"
      class="card key-form"
      autocomplete="off"
      onSubmit={(event) => {
        event.preventDefault();
        takeKey(String(new FormData(event.currentTarget).get("key") ?? "").trim());
        void loadTasks();
      }}
    >
      <h2>This queue needs an API key</h2>
      <p role="alert" class={isWrong ? "bad" : "soft"}>
        <ProblemWords problem={problem} />
      </p>
      <label>
        API key <input id="key" name="key" type="password" required autocomplete="off" spellcheck={false} />
      </label>
      <p class="hint">
        The key is kept in this tab only. If your application has its own sign-in, sign in there and reload this page.
      </p>
      <div class="actions end">
        <button type="submit" class="primary">
          Show the queue
        </button>
      </div>
    </form>
  );
}
