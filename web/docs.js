// The page that FastAPI's users know, from this deployment alone: no validator badge, no CDN.
const dark = matchMedia("(prefers-color-scheme: dark)");
const follow = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
dark.addEventListener("change", follow);
follow();

/** The same key as the dashboard's. */
const KEY = "wakeq-key";
const form = document.getElementById("key-form");
const words = document.getElementById("key-words");

const withKey = (headers) => {
  const key = sessionStorage.getItem(KEY);
  return key && !headers.Authorization ? { ...headers, Authorization: `Bearer ${key}` } : headers;
};

async function show() {
  const answer = await fetch("/openapi.json", { headers: withKey({}) });
  const spec = await answer.json();
  form.hidden = answer.status !== 401;
  if (!answer.ok) {
    words.textContent = form.hidden || sessionStorage.getItem(KEY) ? spec.detail : "";
    return;
  }
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

form.addEventListener("submit", (event) => {
  event.preventDefault();
  sessionStorage.setItem(KEY, document.getElementById("key").value.trim());
  void show();
});
void show();
