import { beforeEach, expect, test, vi } from "vitest";

/*
 * The page's modules without a browser: what they need of one is stubbed, and nothing is drawn.
 */

interface Place {
  view: string;
  query: Record<string, string>;
}
interface Router {
  here(): Place;
  trail(): (string | undefined)[];
  go(place: Place, options?: { replace?: boolean; trail?: (string | undefined)[] }): void;
}
interface Many {
  changeMany(verb: string, what: string, of: number, ...chosen: object[]): Promise<void>;
}
interface Store {
  state: { known: Record<string, unknown>; fault?: { title: string }; bulk?: { what: string; mode: string } };
  refresh(): Promise<void>;
  onChange(listener: () => void): void;
}
const load = <T>(name: string) => import(`../../web/dashboard/${name}.ts`) as Promise<T>;

beforeEach(() => {
  vi.resetModules();
  vi.useFakeTimers();
  const location = { hash: "", pathname: "/", search: "" };
  const change = (state: unknown, _: string, address: string) => {
    history.state = state;
    location.hash = address.slice(address.indexOf("#"));
  };
  const history = { state: null as unknown, pushState: change, replaceState: change };
  vi.stubGlobal("location", location);
  vi.stubGlobal("history", history);
  vi.stubGlobal("addEventListener", () => {});
  vi.stubGlobal("document", { hidden: false, addEventListener: () => {} });
  vi.stubGlobal("sessionStorage", { getItem: () => null });
  return () => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  };
});

/** Answers the page's requests as the test says. Returns the paths that were asked for. */
function answerWith(answer: (path: string) => Response | Promise<Response>): string[] {
  const asked: string[] = [];
  vi.stubGlobal("fetch", async (path: string) => {
    asked.push(path);
    return answer(path);
  });
  return asked;
}
/** What the page needs of any answer here. */
const ANSWER = { tag: "a", ready: {}, suspects: 0, processing: 0 };
const loginPage = () => new Response("<!doctype html><title>Sign in</title>");

test.each([
  ["everything", /./],
  ["the counts alone", /queue-stats/],
])(
  "where a proxy answers %s with its login page the page says so, and goes on when the API answers",
  async (_, path) => {
    const store = await load<Store>("store");
    let isSignedIn = false;
    answerWith((asked) => (isSignedIn || !path.test(asked) ? Response.json(ANSWER) : loginPage()));
    await store.refresh();
    expect(store.state.fault).toMatchObject({ title: "Not an answer of the API" });
    isSignedIn = true;
    await vi.advanceTimersByTimeAsync(6_000);
    expect(store.state.fault).toBeUndefined();
    expect(store.state.known["queue-stats"]).toMatchObject({ got: { answer: ANSWER } });
  },
);

test("a step of the page that fails does not keep it from asking again", async () => {
  const { refresh, onChange } = await load<Store>("store");
  const asked = answerWith(() => Response.json(ANSWER));
  let isBroken = true;
  onChange(() => {
    if (isBroken) throw new TypeError("a view that cannot be drawn");
  });
  const both = [refresh(), refresh()];
  await expect(both[0]).rejects.toThrow("cannot be drawn");
  await expect(both[1]).rejects.toThrow("cannot be drawn");
  isBroken = false;
  asked.splice(0);
  await vi.advanceTimersByTimeAsync(2_000);
  expect(asked[0]).toMatch(/^pulse/);
  await refresh();
});

test("a job that is opened and closed on a later page of the list leaves the way back as it was", async () => {
  const { go, here, trail } = await load<Router>("router");
  const second = { view: "jobs", query: { status: "failed", cursor: "b" } };
  go({ view: "jobs", query: { status: "failed" } });
  go(second, { trail: [undefined] });
  go({ ...second, query: { ...second.query, job: "x" } });
  expect(trail()).toEqual([undefined]);
  go({ ...second, query: { ...second.query, job: "y" } }, { replace: true });
  go(second);
  expect([here(), trail()]).toEqual([second, [undefined]]);
  go({ view: "jobs", query: { status: "failed", cursor: "c" } });
  expect(trail()).toEqual([]);
  go(second, { trail: [undefined] });
  go({ view: "schedules", query: { cursor: "b" } });
  expect(trail()).toEqual([]);
});

test("a second change of many jobs does not begin while the first one runs", async () => {
  const { changeMany } = await load<Many>("bulk");
  const store = await load<Store>("store");
  const answers: ((answer: Response) => void)[] = [];
  const asked = answerWith((path) =>
    path.endsWith("-jobs") ? new Promise((resolve) => answers.push(resolve)) : Response.json(ANSWER),
  );
  const changes = () => asked.filter((path) => path.endsWith("-jobs"));
  const first = changeMany("retry", "200 jobs of call", 200, { status: "failed", task: "call" });
  await vi.waitUntil(() => answers.length === 1);
  await changeMany("delete", "3 jobs of note", 3, { status: "failed", task: "note" });
  expect(store.state.bulk).toMatchObject({ verb: "retry", what: "200 jobs of call", mode: "running" });
  answers[0]!(Response.json({ done: 100, skipped: 0, left: true, cursor: "a" }));
  await vi.waitUntil(() => answers.length === 2);
  answers[1]!(Response.json({ done: 100, skipped: 0, left: false }));
  await first;
  expect(changes()).toEqual(["retry-jobs", "retry-jobs"]);
  expect(store.state.bulk).toMatchObject({ verb: "retry", done: 200, mode: "ended" });
  void changeMany("delete", "3 jobs of note", 3, { status: "failed", task: "note" });
  expect(changes()).toEqual(["retry-jobs", "retry-jobs", "delete-jobs"]);
});
