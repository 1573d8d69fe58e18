// Swagger UI, served by this deployment alone: no validator badge, no CDN.
const dark = matchMedia("(prefers-color-scheme: dark)");
const follow = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
dark.addEventListener("change", follow);
follow();

/** Where the API is mounted, with a slash at its end: this script is `docs/docs.js` there. */
const ROOT = new URL("..", document.currentScript.src);
/** Where the session keeps the API key; the dashboard uses the same place. */
const KEY = "wakeq-key";
const form = document.getElementById("key-form");
const fault = document.getElementById("fault");

const withKey = (headers) => {
  const key = sessionStorage.getItem(KEY);
  return key && !headers.Authorization ? { ...headers, Authorization: `Bearer ${key}` } : headers;
};

async function show() {
  const { status, spec, detail } = await description();
  form.hidden = status !== 401;
  const isFirstVisit = status === 401 && !sessionStorage.getItem(KEY);
  fault.textContent = spec || isFirstVisit ? "" : detail;
  if (!spec) return;
  globalThis.SwaggerUIBundle({
    spec,
    dom_id: "#swagger-ui",
    deepLinking: true,
    displayRequestDuration: true,
    showExtensions: true,
    showCommonExtensions: true,
    validatorUrl: null,
    requestInterceptor: (request) => ({ ...request, headers: withKey(request.headers) }),
    presets: [globalThis.SwaggerUIBundle.presets.apis],
    layout: "BaseLayout",
  });
}

/** Fetches the description of the API. Returns it, or the status and what is wrong. Never throws. */
async function description() {
  try {
    const answer = await fetch(new URL("openapi.json", ROOT), { headers: withKey({}) });
    const { status, ok } = answer;
    const content = await answer.json().catch(() => undefined);
    if (ok && content) return { status, spec: content };
    return { status, detail: content?.detail ?? `The server answered with status ${status}.` };
  } catch {
    return { status: 0, detail: "The server did not answer. Is it running? Reload the page to try again." };
  }
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  sessionStorage.setItem(KEY, document.getElementById("key").value.trim());
  void show();
});
void show();
