import * as z from "zod/mini";
import type { PlaceRow } from "./merge.ts";
import { isReadyList, type PlaceName } from "./places.ts";

/** A row that a place had, by which a list finds its way back. */
type PlaceMark = [id: string, when: number];
/**
 * Where a list goes on in one place: at its beginning, nowhere (it has been read to its end), or behind the first of some marks that
 * is still there, else at the first such one of others.
 */
export type PlacePosition = "start" | "end" | { after: PlaceMark[]; next: PlaceMark[] };

/** Where a page ended. */
export interface ListPosition {
  /** When the list began, by Redis' clock, in ms: scheduled jobs are ordered by how far they are from then. */
  began: number;
  /** For each place of the list. */
  places: PlacePosition[];
  /** The paused tasks whose parked jobs are places of the list. */
  tasks: string[];
}

/** The most paused tasks whose parked jobs one list shows: each costs a command or two a page. `parked-tasks.ts` says which. */
export const MOST_PARKED = 3;
/** How many rows of a list mark each side of a page's end. Of a zset one is enough, even one that has left. */
const MARKS = 3;
/** Since when an id waits that has no record: it is searched for by itself. */
const UNKNOWN = -1;

/** Marks both sides of the end of what was read of a place: `count` rows. Whichever mark is still there tells where to go on. */
export function positionBehind(
  name: PlaceName,
  was: PlacePosition,
  { rows, more }: { rows: readonly PlaceRow[]; more: boolean },
  count: number,
): PlacePosition {
  if (count === rows.length && !more) return "end";
  if (count === 0) return was;
  const marks = (from: readonly PlaceRow[]) => from.map(({ id, when = 0 }): PlaceMark => [id, when]);
  if (!isReadyList(name)) return { after: marks(rows.slice(count - 1, count)), next: [] };
  const after = marks(rows.slice(0, count).reverse().filter(isThere)).slice(0, MARKS);
  const next = marks(rows.slice(count).filter(isThere)).slice(0, MARKS);
  if (after.length + next.length > 0) return { after, next };
  const { id } = rows[count - 1]!; // whatever it is: nothing here has the record of a job that waits
  return /^\S+$/.test(id) ? { after: [[id, UNKNOWN]], next } : "end";
}

function isThere({ id, when }: PlaceRow): boolean {
  return when !== undefined && /^\S+$/.test(id);
}

/** Writes a position as the script heads reads it. */
export function written(name: PlaceName, position: PlacePosition): string {
  if (typeof position === "string") return "";
  const { after, next } = position;
  if (!isReadyList(name))
    return after
      .slice(0, 1)
      .map(([id, when]) => `${when} ${id}`)
      .join("");
  const side =
    (letter: string) =>
    ([id, when]: PlaceMark) =>
      when === UNKNOWN ? `g:0:${id}` : `${letter}:${when}:${id}`;
  return [...after.map(side("a")), ...next.map(side("n"))].join(" ");
}

const Marks = z.array(z.tuple([z.string().check(z.maxLength(1_000)), z.number()])).check(z.maxLength(MARKS));
const Position = z.union([z.literal(0), z.literal(1), z.tuple([Marks, Marks])]);
const TaskNames = z.array(z.string().check(z.regex(/^[a-z][a-z0-9_]{0,63}$/))).check(z.maxLength(MOST_PARKED));
const Cursor = z.tuple([z.string(), z.int(), z.array(Position), TaskNames]);

/** Writes where a page ended. `query`: what the list was asked for. */
export function encode({ began, places, tasks }: ListPosition, query: string): string {
  const short = places.map((position) => {
    if (typeof position === "string") return position === "start" ? 0 : 1;
    return [position.after, position.next] as [PlaceMark[], PlaceMark[]];
  });
  const cursor: z.infer<typeof Cursor> = [query, began, short, tasks];
  return Buffer.from(JSON.stringify(cursor)).toString("base64url");
}

/** Reads a cursor. Undefined where it is none of this query's. */
export function decode(cursor: string, query: string): ListPosition | undefined {
  const parsed = z.safeParse(Cursor, parsedJson(Buffer.from(cursor, "base64url").toString()));
  if (!parsed.success) return undefined;
  const [of, began, short, tasks] = parsed.data;
  if (of !== query) return undefined;
  const places = short.map((each): PlacePosition => {
    if (typeof each === "number") return each === 0 ? "start" : "end";
    return { after: each[0], next: each[1] };
  });
  return { began, places, tasks };
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
