import { fromWire } from "./answer.ts";
import type { CallOptions } from "./options.ts";
import type { Send } from "./send.ts";

type Query = CallOptions & { cursor?: string | undefined };
type OnePage = Record<string, unknown[]> & { nextCursor?: string };

/** Makes a list that is read page by page: `has` is the field of a page that has the items. */
export function pagesOf(send: Send, path: string, has: string, { signal, ...query }: Query) {
  async function* pages(): AsyncGenerator<OnePage, void> {
    let { cursor } = query;
    do {
      const { body } = await send({ path: `${path}?${queryOf({ ...query, cursor })}`, has, signal });
      const page = fromWire(body) as OnePage;
      yield page;
      cursor = page.nextCursor;
    } while (cursor !== undefined);
  }
  async function* items() {
    for await (const page of pages()) yield* page[has]!;
  }
  return { pages, [Symbol.asyncIterator]: items };
}

/** Writes the parameters that are given as a query. */
export function queryOf(parameters: Record<string, unknown>): string {
  const given = Object.entries(parameters).filter(([, value]) => value !== undefined);
  return new URLSearchParams(given.map(([name, value]): [string, string] => [name, String(value)])).toString();
}
