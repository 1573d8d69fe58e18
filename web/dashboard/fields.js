import { h } from "./dom.js";
import { numberOf, read } from "./exact.js";

/**
 * Makes the fields for a payload from its schema: a plain field for each plain value, JSON for the others. An empty field is
 * left out of the payload.
 *
 * @returns the elements; `read`, which gives the payload, or "wrong" if a field is not JSON; `blame`, which marks a field
 */
export function fieldsOf(schema, resolve) {
  const properties = schema.type === "object" && schema.properties ? Object.entries(schema.properties) : [];
  if (properties.length === 0) {
    const whole = field("payload", schema, false, true);
    return {
      elements: [whole.element],
      read: () => sent(whole.read()),
      blame: () => whole.blame(),
    };
  }
  const fields = properties.map(([name, given]) => {
    const own = given.$ref ? { ...resolve(given.$ref), ...given } : given;
    return [name, field(name, own, (schema.required ?? []).includes(name), !isPlain(own))];
  });
  return {
    elements: fields.map(([, { element }]) => element),
    read() {
      const given = fields.map(([name, { read }]) => [name, read()]).filter(([, value]) => value !== undefined);
      if (given.some(([, value]) => value === WRONG)) return "wrong";
      return sent(given.length > 0 ? Object.fromEntries(given) : undefined);
    },
    blame(pointer) {
      const name = pointer.split("/")[2]?.replaceAll("~1", "/").replaceAll("~0", "~");
      fields.find(([each]) => each === name)?.[1].blame();
    },
  };
}

const WRONG = Symbol("not JSON");

const sent = (payload) => (payload === WRONG ? "wrong" : payload === undefined ? {} : { payload });

const isPlain = ({ type, enum: values }) => values || ["string", "integer", "number", "boolean"].includes(type);

function field(name, schema, required, isJson) {
  const input = inputOf(schema, isJson);
  const words = [schema.description, isJson ? "JSON" : undefined].filter(Boolean).join(" · ");
  const element = h(
    "label",
    {},
    `${name}${required ? " (required)" : ""}`,
    input,
    words ? h("p", { class: "hint" }, words) : undefined,
  );
  input.name = name;
  const blame = () => input.classList.add("wrong-field");
  input.addEventListener("input", () => input.classList.remove("wrong-field"));
  return { element, blame, read: () => readText(input.value, schema, isJson, blame) };
}

function inputOf({ enum: values, type, "x-default": otherwise }, isJson) {
  const usual = otherwise === undefined ? "" : typeof otherwise === "string" ? otherwise : JSON.stringify(otherwise);
  if (isJson) return h("textarea", { rows: 3, spellcheck: "false", placeholder: usual });
  const options = values ?? (type === "boolean" ? [true, false] : undefined);
  if (!options) return h("input", { placeholder: usual, inputmode: type === "string" ? "text" : "decimal" });
  const first = usual === "" ? "–" : `${usual} (default)`;
  return h("select", {}, h("option", { value: "" }, first), ...options.map((each) => h("option", {}, String(each))));
}

/** Converts a text to its field's type. A text that does not fit is sent as it is: the API says what is wrong with it. */
function readText(text, { type }, isJson, blame) {
  if (text.trim() === "") return undefined;
  if (isJson) {
    try {
      return read(text);
    } catch {
      blame();
      return WRONG;
    }
  }
  if (type === "boolean") return text === "true";
  return type === "string" ? text : (numberOf(text) ?? text);
}
