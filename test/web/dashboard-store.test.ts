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
