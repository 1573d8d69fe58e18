import { call, Refused } from "./api.js";
import { byId, choices } from "./dom.js";
import { fieldsOf } from "./fields.js";

/** Makes the form for a job of any task, from /openapi.json. `onTasks` gets the tasks' names, `onSubmitted` the new job's id. */
export function createSubmit(onTasks, onSubmitted) {
  const dialog = byId("submit");
  const fault = byId("submit-fault");
  let schemas = {};
  let fields;

  const resolve = (ref) => schemas[ref.split("/").pop()];
  const requestOf = (task) => resolve(schemas.JobRequest.discriminator.mapping[task]);

  function choose() {
    const request = requestOf(byId("task").value);
    byId("task-words").textContent = request.description ?? "";
    fields = fieldsOf(resolve(request.properties.payload.$ref), resolve);
    byId("payload").replaceChildren(...fields.elements);
    fault.hidden = true;
  }

  async function load() {
    const { answer } = await call("GET", "openapi.json");
    schemas = answer.components.schemas;
    const names = Object.keys(schemas.JobRequest.discriminator.mapping);
    choices(
      byId("task"),
      names.map((name) => [name, name]),
    );
    choose();
    onTasks(names);
  }

  function blame(text, faults = []) {
    fault.textContent = text;
    fault.hidden = false;
    for (const { pointer } of faults) {
      if (pointer === "/delay_seconds") byId("delay").classList.add("wrong-field");
      else fields.blame(pointer);
    }
  }

  async function submit(event) {
    event.preventDefault();
    fault.hidden = true;
    const given = fields.read();
    if (given === "wrong") return blame("The marked field is not JSON: correct it, or leave it empty.");
    const delay = byId("delay").value.trim();
    const body = {
      task: byId("task").value,
      priority: byId("priority").value,
      ...given,
      ...(delay === "" ? {} : { delay_seconds: Number.isFinite(Number(delay)) ? Number(delay) : delay }),
    };
    const button = dialog.querySelector("[type=submit]");
    button.disabled = true;
    try {
      const { answer } = await call("POST", "submit-job", { body });
      dialog.close();
      onSubmitted(answer.job_id);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      blame(error.message, error.problem.errors);
    } finally {
      button.disabled = false;
    }
  }

  byId("task").addEventListener("change", choose);
  byId("delay").addEventListener("input", ({ target }) => target.classList.remove("wrong-field"));
  byId("submit-form").addEventListener("submit", submit);
  byId("submit-cancel").addEventListener("click", () => dialog.close());
  byId("new-job").addEventListener("click", async () => {
    try {
      if (!fields) await load();
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      blame(error.message);
    }
    dialog.showModal();
  });
  return { load };
}
