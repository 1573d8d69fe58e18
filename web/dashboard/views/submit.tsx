import { useState } from "preact/hooks";
import { Refused, send } from "../api.ts";
import { write } from "../exact.ts";
import { type FormField, fieldAt, fieldsOf, keyOf, payloadOf, wholePayload } from "../fields.ts";
import { Dialog } from "../parts/dialog.tsx";
import { withQuery } from "../place.ts";
import { go, here } from "../router.ts";
import type { ApiProblem } from "../shapes.ts";
import { refresh, type State, set, type Dialog as Wanted } from "../store.ts";
import { type ShownSubmit, submitInWords } from "../submitted.ts";
import { FieldInput, TaskInput } from "./field-input.tsx";

interface Props {
  state: State;
  given: Wanted & { name: "submit" };
}

/** The whole payload, where it is written as JSON. */
const WHOLE: FormField = { name: "payload", schema: {}, isRequired: false, isJson: true };
const DELAY: FormField = { name: "delay_seconds", schema: { type: "number" }, isRequired: false, isJson: false };

/** The form for a new job: of any task, with a field for each field of its payload; or like another job, with its payload as JSON. */
export function Submit({ state: { tasks, place }, given }: Props) {
  const [task, setTask] = useState(given.task ?? place.query.task ?? tasks?.keys().next().value ?? "");
  // A payload may have fields of any name, also of those below.
  const [texts, setTexts] = useState<Readonly<Record<string, string>>>({});
  const [whole, setWholeText] = useState(given.payload ?? "");
  const [priority, setPriority] = useState(given.priority ?? "normal");
  const [delay, setDelay] = useState("");
  const [isWhole, setWhole] = useState(given.payload !== undefined);
  const [fault, setFault] = useState<ApiProblem>();
  const [wrong, setWrong] = useState<readonly string[]>([]);
  const [isBusy, setBusy] = useState(false);
  const form = tasks?.get(task);
  const fields = form ? fieldsOf(form.payload) : [];
  const byField = fields.length > 0 && !isWhole;
  const corrected = (key: string) => setWrong(wrong.filter((each) => each !== key));
  const input = (field: FormField) => (
    <FieldInput
      key={`${task} ${field.name}`}
      field={field}
      text={texts[field.name] ?? ""}
      isWrong={wrong.includes(keyOf(field.name))}
      onText={(text) => {
        setTexts({ ...texts, [field.name]: text });
        corrected(keyOf(field.name));
      }}
    />
  );

  /** Goes on in the other way of writing; what the fields say is kept. */
  function swap() {
    const written = payloadOf(fields, texts);
    if (!isWhole && "payload" in written) setWholeText(write(written.payload, 2));
    setWhole(!isWhole);
  }

  async function submit(event: SubmitEvent) {
    event.preventDefault();
    const written = byField ? payloadOf(fields, texts) : wholePayload(whole);
    if ("wrong" in written) {
      setWrong(written.wrong);
      return setFault({ status: 0, title: "Not JSON", detail: "Correct the marked field, or leave it empty." });
    }
    const seconds = delay.trim();
    const delays =
      seconds === "" ? {} : { delay_seconds: Number.isFinite(Number(seconds)) ? Number(seconds) : seconds };
    setBusy(true);
    try {
      const body = { task, priority, ...written, ...delays };
      const submitted = await send<ShownSubmit>("POST", "submit-job", body);
      set({ dialog: undefined, said: submitInWords(submitted, "The job is submitted.") });
      go(
        withQuery(
          { view: "jobs", query: {} },
          { ...(here().view === "jobs" ? here().query : {}), cursor: undefined, job: submitted.job_id },
        ),
      );
      await refresh("changed");
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      setFault(error.problem);
      setWrong((error.problem.errors ?? []).map(({ pointer }) => fieldAt(pointer)));
      setBusy(false);
    }
  }
  return (
    <Dialog id="submit" title={given.payload === undefined ? "New job" : "Submit again"}>
      <form autocomplete="off" onSubmit={(event) => void submit(event)} noValidate>
        <TaskInput tasks={tasks} task={task} onTask={setTask} />
        {form?.words && <p class="hint">{form.words}</p>}
        <div id="payload" class="fields">
          {byField ? (
            fields.map(input)
          ) : (
            <FieldInput
              field={WHOLE}
              rows={8}
              text={whole}
              isWrong={wrong.includes(WHOLE.name)}
              onText={(text) => {
                setWholeText(text);
                corrected(WHOLE.name);
              }}
            />
          )}
        </div>
        {fields.length > 0 && (
          <button type="button" class="quiet small" onClick={swap}>
            {isWhole ? "Fill in fields" : "Write JSON"}
          </button>
        )}
        <div class="fields two">
          <label>
            Priority
            <select id="priority" value={priority} onChange={(event) => setPriority(event.currentTarget.value)}>
              <option>high</option>
              <option>normal</option>
              <option>low</option>
            </select>
          </label>
          <FieldInput
            field={DELAY}
            label="Delay in seconds"
            text={delay}
            isWrong={wrong.includes(DELAY.name)}
            onText={(text) => {
              setDelay(text);
              corrected(DELAY.name);
            }}
          />
        </div>
        {fault && (
          <div id="submit-fault" class="fault" role="alert">
            {fault.detail ?? fault.title}
          </div>
        )}
        <div class="actions end">
          <button type="button" class="quiet" onClick={() => set({ dialog: undefined })}>
            Close
          </button>
          <button type="submit" class="primary" disabled={isBusy}>
            Submit
          </button>
        </div>
      </form>
    </Dialog>
  );
}
