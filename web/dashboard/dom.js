/**
 * Makes an element with attributes, listeners (`onclick`) and children. Text goes in as text, never as markup: a job may
 * contain anything.
 */
export function h(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (value !== undefined && value !== false) element.setAttribute(key, value === true ? "" : String(value));
  }
  element.append(...children.filter((child) => child !== undefined && child !== ""));
  return element;
}

/** Returns the element with this id. */
export const byId = (id) => document.getElementById(id);

/** Sets the choices of a <select>. The chosen one stays chosen if it is still there. */
export function choices(select, options) {
  const chosen = select.value;
  select.replaceChildren(...options.map(([value, text]) => h("option", { value }, text)));
  if (options.some(([value]) => value === chosen)) select.value = chosen;
}

/** Shows a short message. */
export function say(text) {
  byId("said").textContent = text;
}

/** Makes the label of a status. */
export function statusOf(status) {
  return h("span", { class: `status ${status}` }, status.replace("_", " "));
}
