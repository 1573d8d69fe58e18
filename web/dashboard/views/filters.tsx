import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { isJobId, withQuery } from "../place.ts";
import { go, here } from "../router.ts";
import type { State } from "../store.ts";

const PRIORITIES = ["high", "normal", "low"];

/** The list's filters besides the state. */
export function Filters({ state: { place, tasks } }: { state: State }) {
  const { task, priority, status } = place.query;
  const change = (changes: Record<string, string | undefined>) =>
    go(withQuery(place, { ...changes, cursor: undefined }));
  const names = [...new Set([...(tasks?.keys() ?? []), ...(task === undefined ? [] : [task])])];
  const isFiltered = [task, priority, status, place.query.id].some((each) => each !== undefined);
  return (
    <div class="filters">
      <label>
        Task{" "}
        <select id="task-filter" value={task ?? ""} onChange={(event) => change({ task: event.currentTarget.value })}>
          <option value="">all</option>
          {names.map((name) => (
            <option value={name}>{name}</option>
          ))}
        </select>
      </label>
      <label>
        Priority{" "}
        <select
          id="priority-filter"
          value={priority ?? ""}
          onChange={(event) => change({ priority: event.currentTarget.value })}
        >
          <option value="">all</option>
          {PRIORITIES.map((each) => (
            <option value={each}>{each}</option>
          ))}
        </select>
      </label>
      <IdFilter state={{ place }} />
      {isFiltered && (
        <button
          type="button"
          class="quiet"
          onClick={() => change({ task: undefined, priority: undefined, status: undefined, id: undefined })}
        >
          Show all
        </button>
      )}
    </div>
  );
}

/** How long after the last letter the list is asked for, in ms. */
const TYPING_MS = 300;

const MAY_BE_ID = /^[\da-f-]*$/i;

/** Finds a job by the beginning of its id; a whole id opens it. */
function IdFilter({ state: { place } }: { state: Pick<State, "place"> }) {
  const [text, setText] = useState(place.query.id ?? "");
  const typed = useRef<ReturnType<typeof setTimeout>>(undefined);
  // What the address says is taken over unless it is what was typed here: more may have been typed since.
  const asked = useRef(place.query.id);
  // In the same step as the drawing: later, it would write over letters that were typed in between.
  useLayoutEffect(() => {
    if (place.query.id !== asked.current) setText(place.query.id ?? "");
    asked.current = place.query.id;
  }, [place.query.id]);
  // A reader who has left the list is not taken back to it.
  useLayoutEffect(() => () => clearTimeout(typed.current), []);
  const isWrong = !MAY_BE_ID.test(text.trim());
  const search = (given: string, replace: boolean) => {
    clearTimeout(typed.current);
    const id = given.trim().toLowerCase();
    if (!MAY_BE_ID.test(id)) return;
    asked.current = id === "" || isJobId(id) ? undefined : id;
    // Here, not where the letter was typed: a filter or a job may have been chosen since.
    if (isJobId(id)) go(withQuery(here(), { job: id, id: undefined }));
    else go(withQuery(here(), { id, cursor: undefined }), { replace });
  };
  return (
    <search>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          search(text, false);
        }}
      >
        <label>
          Id{" "}
          <input
            id="search"
            value={text}
            placeholder="begins with …"
            spellcheck={false}
            autocomplete="off"
            aria-invalid={isWrong}
            aria-describedby={isWrong ? "search-hint" : undefined}
            onInput={({ currentTarget: { value } }) => {
              setText(value);
              clearTimeout(typed.current);
              typed.current = setTimeout(() => search(value, true), TYPING_MS);
            }}
          />
        </label>
        {isWrong && (
          <span id="search-hint" class="bad small" role="status">
            {" "}
            Ids have only 0–9, a–f and dashes. Payloads are not searched.
          </span>
        )}
      </form>
    </search>
  );
}
