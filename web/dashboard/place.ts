/** Where a reader is: the view, its filters and the open job. All of it is in the URL's hash, so a link shows the same. */
export interface ViewPlace {
  view: View;
  query: Readonly<Record<string, string>>;
}

/** The page's views, in the order of its navigation. */
export const VIEWS = ["overview", "jobs", "failures", "schedules"] as const;
export type View = (typeof VIEWS)[number];

const JOB_ID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Reads a hash: `#/jobs?status=failed&job=…`. `#<job id>`, the link of earlier versions, opens that job. */
export function placeOf(hash: string): ViewPlace {
  const [path = "", query = ""] = hash.replace(/^#\/?/, "").split("?", 2);
  if (JOB_ID.test(path)) return { view: "jobs", query: { job: path } };
  const view = VIEWS.find((each) => each === path) ?? "overview";
  return { view, query: Object.fromEntries([...new URLSearchParams(query)].filter(([, value]) => value !== "")) };
}

/** Writes a place as a hash. */
export function hashOf({ view, query }: ViewPlace): string {
  const text = new URLSearchParams(query).toString();
  return `#/${view === "overview" ? "" : view}${text === "" ? "" : `?${text}`}`;
}

/** Returns the place with other query values; an empty or absent one is left out. */
export function withQuery(place: ViewPlace, changes: Record<string, string | undefined>): ViewPlace {
  const all = Object.entries({ ...place.query, ...changes });
  const kept = all.filter((entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== "");
  return { ...place, query: Object.fromEntries(kept) };
}

/** Tells whether a text is a whole job id. */
export const isJobId = (text: string) => JOB_ID.test(text);
