import * as z from "zod";
import { defineTask } from "../../lib/tasks.ts";

/** Waits for as long as such a task takes, shortened as the clock of the pictures is. */
const takes = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

const sendReceipt = defineTask({
  name: "send_receipt",
  input: z.object({ order: z.string(), to: z.email() }),
  async run({ input, log }) {
    log("rendered the receipt", { order: input.order });
    await takes(4 + (hashOf(input.order) % 12));
    return { sent_to: input.to };
  },
});

const resizeImage = defineTask({
  name: "resize_image",
  input: z.object({ image: z.string(), widths: z.array(z.number()) }),
  async run({ input, progress }) {
    for (const [i, width] of input.widths.entries()) {
      progress(Math.round((100 * i) / input.widths.length), `${width} px`);
      await takes(8 + (hashOf(input.image) % 20));
    }
    return { files: input.widths.map((width) => `${input.image}-${width}.webp`) };
  },
});

const syncInventory = defineTask({
  name: "sync_inventory",
  input: z.object({ warehouse: z.string(), sku: z.string() }),
  maxRetries: 2,
  backoff: { baseMs: 20_000, factor: 2 },
  async run({ input, job, log }) {
    log("asking the warehouse", { warehouse: input.warehouse, attempt: job.attempt });
    await takes(6);
    const lot = hashOf(input.sku) % 10;
    if (lot < 3)
      throw at(new Error(`could not read the stock of ${input.sku}`, { cause: answered(input.warehouse, 503) }));
    if (lot === 3 && job.attempt === 1) throw answered(input.warehouse, 429);
    return { sku: input.sku, stock: lot * 7 };
  },
});

const buildReport = defineTask({
  name: "build_report",
  input: z.object({ name: z.string() }),
  async run({ input }) {
    await takes(30);
    return { report: `${input.name}.pdf`, pages: 12 };
  },
});

function answered(warehouse: string, status: number): Error {
  return at(new Error(`the warehouse ${warehouse} answered with ${status}`));
}

/** Writes where an error was thrown as in the shop's own project. */
function at(error: Error): Error {
  error.stack = (error.stack ?? "")
    .replaceAll(`${process.cwd()}/bench/pictures`, "/srv/shop/src")
    .replaceAll(process.cwd(), "/srv/shop");
  return error;
}

/** Spreads texts evenly, always in the same way: each run of the pictures shows the same jobs. */
function hashOf(text: string): number {
  const sum = [...text].reduce((hash, letter) => Math.imul(hash ^ letter.charCodeAt(0), 0x01000193) >>> 0, 0x811c9dc5);
  return (sum ^ (sum >>> 15)) >>> 0;
}

/** The tasks of a small shop, which the pictures show. */
export const shopTasks = [sendReceipt, resizeImage, syncInventory, buildReport] as const;
