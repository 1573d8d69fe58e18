import { expect, test } from "vitest";
import { merged, type PlaceRows } from "../../lib/queue/merge.ts";

const place = (
  rows: [string, number | undefined][],
  more = false,
  recency: PlaceRows["recency"] = (when) => when,
): PlaceRows => ({
  rows: rows.map(([id, when]) => ({ id, when })),
  more,
  recency,
});
const ids = (...places: PlaceRows[]) =>
  merged(places)
    .map(({ id, place: at }) => `${id}${at}`)
    .join(" ");

test.each<[string, PlaceRows[], string]>([
  ["nothing", [], ""],
  ["empty places", [place([]), place([])], ""],
  [
    "the most recent first",
    [
      place([
        ["a", 5],
        ["b", 2],
      ]),
      place([
        ["c", 4],
        ["d", 1],
      ]),
    ],
    "a0 c1 b0 d1",
  ],
  [
    "of the same instant the first place first",
    [
      place([["a", 5]]),
      place([
        ["b", 5],
        ["c", 5],
      ]),
    ],
    "a0 b1 c1",
  ],
  [
    "each place in its own order",
    [
      place([
        ["a", 1],
        ["b", 9],
      ]),
      place([["c", 5]]),
    ],
    "c1 a0 b0",
  ],
  [
    "as far as every place is known",
    [
      place(
        [
          ["a", 9],
          ["b", 5],
        ],
        true,
      ),
      place([
        ["c", 7],
        ["d", 1],
      ]),
    ],
    "a0 c1 b0",
  ],
  ["nothing where a place shows nothing, but has others", [place([], true), place([["c", 7]])], ""],
  [
    "an id without a record immediately",
    [
      place([
        ["a", 3],
        ["x", undefined],
        ["b", 2],
      ]),
      place([["c", 2]]),
    ],
    "a0 x0 b0 c1",
  ],
  [
    "what is due as far behind as it lies ahead",
    [
      place([
        ["a", 90],
        ["b", 40],
      ]),
      place(
        [
          ["soon", 105],
          ["late", 900],
        ],
        false,
        (when) => 200 - when,
      ),
    ],
    "soon1 a0 b0 late1",
  ],
])("places are merged: %s", (_, places, expected) => expect(ids(...places)).toBe(expected));
