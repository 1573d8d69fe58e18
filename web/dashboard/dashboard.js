import { banner, call, key, requestsSent } from "./api.js";
import { createDetail } from "./detail.js";
import { byId, choices } from "./dom.js";
import { createList } from "./list.js";
import { createStats } from "./stats.js";
import { createSubmit } from "./submit.js";
import { retell } from "./time.js";

const PACES = [
  ["15", "15 s"],
  ["60", "minute"],
  ["0", "click"],
];

let timer;
let refreshed = 0;
let running;

/** Fetches the numbers and one page of jobs: two requests. During a refresh, another one follows it. */
async function refresh() {
  running = running ? running.then(once) : once();
  const own = running;
  await own;
  if (running === own) running = undefined;
}

async function once() {
  clearTimeout(timer);
  byId("refresh").disabled = true;
  const wanted = list.wanted();
  try {
    const [numbers, page] = await Promise.all([call("GET", "queue-stats"), call("GET", wanted.path)]);
    stats.show(numbers.answer);
    stats.press(list.status);
    wanted.show(page.answer);
    retell();
    banner();
  } catch (fault) {
    if (fault.problem?.code === "invalid_query") list.firstPage();
    banner(fault);
  }
  refreshed = Date.now();
  byId("refresh").disabled = false;
  tellCost();
  schedule();
}

/** Schedules the next refresh; none while the page is hidden. */
function schedule() {
  clearTimeout(timer);
  const seconds = Number(byId("pace").value);
  if (seconds === 0 || document.hidden) return;
  timer = setTimeout(refresh, Math.max(0, refreshed + seconds * 1_000 - Date.now()));
}

function tellCost() {
  const count = requestsSent();
  byId("cost").textContent =
    `A refresh is 2 requests (queue-stats, jobs), none while this tab is hidden; an open job that is not done, 1 every 2 s. So far: ${count}.`;
}

const stats = createStats((status) => list.filter(status));
const list = createList(refresh, (id) => detail.open(id));
const detail = createDetail(refresh, (id) => list.mark(id));
const submit = createSubmit(
  (names) => list.tasks(names),
  (id) => {
    list.firstPage();
    void refresh();
    void detail.open(id);
  },
);

choices(byId("pace"), PACES);
byId("pace").addEventListener("change", schedule);
byId("refresh").addEventListener("click", refresh);
byId("key").value = key.get();
byId("key-form").addEventListener("submit", (event) => event.preventDefault());
byId("key").addEventListener("change", ({ target }) => {
  key.set(target.value.trim());
  void refresh();
});
document.addEventListener("visibilitychange", () => {
  schedule();
  void detail.ask();
});
addEventListener("hashchange", () => openFromHash());
setInterval(() => {
  if (!document.hidden) retell();
}, 5_000);

function openFromHash() {
  const id = location.hash.slice(1);
  if (/^[0-9a-f-]{36}$/.test(id)) void detail.open(id);
}

await Promise.all([refresh(), submit.load().catch(banner)]);
openFromHash();
