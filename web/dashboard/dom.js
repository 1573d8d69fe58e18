/**
 * An element with attributes, listeners (`onclick`) and children. Text goes in as text, never as markup: what comes from a
 * job may be anything.
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

export const byId = (id) => document.getElementById(id);

/** Choices of a <select>; what is chosen stays so if it is among them. */
export function choices(select, options) {
  const chosen = select.value;
  select.replaceChildren(...options.map(([value, text]) => h("option", { value }, text)));
  if (options.some(([value]) => value === chosen)) select.value = chosen;
}

export function say(text) {
  byId("said").textContent = text;
}

export function statusOf(status) {
  return h("span", { class: `status ${status}` }, status.replace("_", " "));
}
