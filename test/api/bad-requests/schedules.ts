import { act, type Bad, get, json, type More } from "./request.ts";

const put = (what: string, body: unknown, code: Bad["code"], more: More & { name?: string } = {}): Bad => {
  const { name = "nightly", ...rest } = more;
  return { what, method: "PUT", path: `/schedules/${name}`, body: JSON.stringify(body), headers: json, code, ...rest };
};
const DAILY = { task: "note", cron: "0 2 * * *" };
/** A fault of a schedule that is right but for this. */
const wrong = (what: string, more: object, ...pointers: string[]): Bad =>
  put(`a schedule with ${what}`, { ...DAILY, ...more }, "invalid_request", { pointers });
const every = (what: string, value: unknown, ...pointers: string[]): Bad =>
  put(`a schedule that runs every ${what}`, { task: "note", every: value }, "invalid_request", { pointers });
const named = (what: string, name: string, ways?: Bad["ways"]): Bad =>
  put(`a schedule whose name ${what}`, DAILY, "invalid_request", {
    name,
    pointers: ["/name"],
    ...(ways ? { ways } : {}),
  });

/** Schedules that cannot be, and requests about none. */
export const SCHEDULES: Bad[] = [
  put("a schedule whose task does not exist", { ...DAILY, task: "nothing" }, "unknown_task", { pointers: ["/task"] }),
  put("a schedule without a task", { cron: "0 2 * * *" }, "invalid_request", { pointers: ["/task"] }),
  put("a schedule without a rule", { task: "note" }, "invalid_request", { pointers: ["/cron"] }),
  put("a schedule for a caller who may only submit", DAILY, "forbidden", { as: "submit" }),
  put("a schedule for a caller who may only read", DAILY, "forbidden", { as: "read" }),
  put("a schedule of nobody", DAILY, "unauthorized", { as: "nobody" }),
  wrong("a rule and a length of time", { every: 60 }, "/cron"),
  wrong("a date that never comes", { cron: "0 0 31 2 *" }, "/cron"),
  wrong("a month without such a day", { cron: "0 0 31 4,6,9,11 *" }, "/cron"),
  wrong("a minute that there is not", { cron: "60 * * * *" }, "/cron"),
  wrong("three fields", { cron: "* * *" }, "/cron"),
  wrong("words in place of a rule", { cron: "every day" }, "/cron"),
  wrong("a nickname that there is not", { cron: "@sometimes" }, "/cron"),
  wrong("a number in place of a rule", { cron: 5 }, "/cron"),
  wrong("a zone that there is not", { time_zone: "Mars/Olympus" }, "/time_zone"),
  wrong("no zone's name", { time_zone: "" }, "/time_zone"),
  wrong("a billion slots to make up for", { catch_up: { all: 1e9 } }, "/catch_up"),
  wrong("no slot to make up for", { catch_up: { all: 0 } }, "/catch_up"),
  wrong("another word for what was missed", { catch_up: "first" }, "/catch_up"),
  wrong("another word for overlaps", { overlap: "queue" }, "/overlap"),
  wrong("a jitter beyond an hour", { jitter_seconds: 3_601 }, "/jitter_seconds"),
  wrong("a jitter below nothing", { jitter_seconds: -1 }, "/jitter_seconds"),
  wrong("a jitter as long as its interval", { cron: "* * * * *", jitter_seconds: 60 }, "/jitter_seconds"),
  wrong("a priority that there is not", { priority: "urgent" }, "/priority"),
  wrong("a field that there is not", { timeZone: "UTC" }, "/timeZone"),
  wrong("a payload that does not fit", { payload: { to: 7 } }, "/payload/to"),
  wrong("a payload that is too large", { payload: { text: "x".repeat(17_000) } }, "/payload"),
  wrong("a zone for a length of time", { cron: undefined, every: 60, time_zone: "Europe/Berlin" }, "/time_zone"),
  every("0 s", 0, "/every"),
  every("half a second", 0.5, "/every"),
  every("day before", -86_400, "/every"),
  every("thousand years", 1e12, "/every"),
  every("now and then", "now and then", "/every"),
  every("0 minutes", "0 minutes", "/every"),
  every("list", [60], "/every"),
  named("begins with a colon", "%3Anight"),
  named("has a slash", "a%2Fb"),
  named("has a space", "a%20b"),
  named("has a line's end", "a%0Ab"),
  named("is of emoji", "%F0%9F%8C%99"),
  named("is that of a field of its own", "%20code"),
  named("has 1,000 characters", "n".repeat(1_000)),
  get("a schedule that there is not", "/schedules/nothing", "schedule_not_found"),
  get("a schedule with a name that no schedule has", "/schedules/%20code", "schedule_not_found"),
  get("a look at a schedule by a caller who may only submit", "/schedules/nightly", "forbidden", { as: "submit" }),
  get("schedules for a caller who may only submit", "/schedules", "forbidden", { as: "submit" }),
  get("a page of no schedules", "/schedules?limit=0", "invalid_query", { pointers: ["/limit"] }),
  get("a page of 101 schedules", "/schedules?limit=101", "invalid_query", { pointers: ["/limit"] }),
  get("schedules by what they are not sorted by", "/schedules?task=note", "invalid_query", { pointers: ["/task"] }),
  { ...get("the end of a schedule that there is not", "/schedules/nothing", "schedule_not_found"), method: "DELETE" },
  { ...get("the end of what code has noted", "/schedules/%20code", "schedule_not_found"), method: "DELETE" },
  act("a run of a schedule that there is not", "/schedules/nothing/run", "schedule_not_found"),
  act("a run for a caller who may only submit", "/schedules/nothing/run", "forbidden", { as: "submit" }),
  act("a run for a caller who may only read", "/schedules/nothing/run", "forbidden", { as: "read" }),
];
