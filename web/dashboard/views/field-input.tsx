import { useId } from "preact/hooks";
import type { FormField } from "../fields.ts";
import type { TaskForms } from "../tasks.ts";

interface Props {
  field: FormField;
  /** Absent: the field's name. */
  label?: string;
  /** The height of a field that takes JSON. */
  rows?: number;
  text: string;
  isWrong: boolean;
  onText: (text: string) => void;
}

/** The input for a field: a choice for few values, JSON for what is no plain value. */
export function FieldInput({ field, label = field.name, rows = 3, text, isWrong, onText }: Props) {
  const { name, schema, isRequired, isJson } = field;
  const id = useId();
  const usual = written(schema["x-default"]);
  const shared = {
    id,
    name,
    value: text,
    class: isWrong ? "wrong-field" : "",
    "aria-invalid": isWrong,
    onInput: ({ currentTarget }: { currentTarget: { value: string } }) => onText(currentTarget.value),
  };
  const options = schema.enum ?? (schema.type === "boolean" ? [true, false] : undefined);
  // The usual value stands in the field itself.
  const description = schema.description?.replace(/\.?\s*Default: `[^`]*`$/, "");
  const words = [description, isJson ? "JSON" : ""].filter(Boolean).join(" · ");
  return (
    <label htmlFor={id}>
      {label}
      {isRequired && " (required)"}
      {isJson ? (
        <textarea {...shared} rows={rows} spellcheck={false} placeholder={usual} />
      ) : options ? (
        <select {...shared}>
          <option value="">{usual === "" ? "–" : `${usual} (default)`}</option>
          {options.map((each) => (
            <option value={String(each)}>{String(each)}</option>
          ))}
        </select>
      ) : (
        <input {...shared} placeholder={usual} inputMode={schema.type === "string" ? "text" : "decimal"} />
      )}
      {words && <span class="hint">{words}</span>}
    </label>
  );
}

function written(value: unknown): string {
  if (value === undefined) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}

interface TaskProps {
  tasks: TaskForms | undefined;
  task: string;
  onTask: (task: string) => void;
}

/** The choice of a task; a plain input where the API hides its description. */
export function TaskInput({ tasks, task, onTask }: TaskProps) {
  return (
    <label htmlFor="task">
      Task
      {tasks ? (
        <select id="task" value={task} onChange={(event) => onTask(event.currentTarget.value)}>
          {!tasks.has(task) && task !== "" && <option value={task}>{task}</option>}
          {[...tasks.keys()].map((name) => (
            <option value={name}>{name}</option>
          ))}
        </select>
      ) : (
        <input id="task" value={task} required onInput={(event) => onTask(event.currentTarget.value)} />
      )}
    </label>
  );
}
