import { mkdir, readFile, writeFile } from "node:fs/promises";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import type { JobView } from "../../lib/routes/described/job-view.ts";
import { temporaryService, withTestTasks } from "../support/service-copy.ts";
import { start } from "../support/start.ts";
import { gate } from "../support/worker.ts";

/** A file outside the service's usual folders, with the words that the task `note` returns. */
const WORDS = "shared/deep/words.ts";
const wordsOf = (text: string) => `export const words = ${JSON.stringify(text)};\n`;

async function serviceWithWords() {
  const { folder, remove } = await temporaryService(async (service) => {
    await withTestTasks(service);
    await mkdir(join(service, WORDS, ".."), { recursive: true });
    await writeFile(join(service, WORDS), wordsOf("the first"));
    const index = join(service, "tasks/index.ts");
    const code = await readFile(index, "utf8");
    await writeFile(
      index,
      `import { words } from "../${WORDS}";\n${code.replace("noted: job.id,", "noted: job.id, words,")}`,
    );
  });
  onTestFinished(remove);
  return folder;
}

/** A server that holds back its answers. */
async function holding() {
  const came = gate<ServerResponse>();
  const server = createServer((_, response) => came.open(response)).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, came: came.opened };
}

test("changed code serves new requests under npm start, and interrupts nothing that runs", async () => {
  const service = await serviceWithWords();
  const started = await start({ SHUTDOWN_GRACE_SECONDS: "60" }, service);
  const [, url] = await started.prints(/API +(http:\S+)/);
  const submit = async (body: unknown, prefer?: string) =>
    fetch(`${url}/submit-job`, {
      method: "POST",
      body: JSON.stringify(body),
      headers: prefer === undefined ? {} : { prefer },
    });
  const idOf = async (answer: Response) => ((await answer.json()) as { job_id: string }).job_id;
  const note = async () => (await (await submit({ task: "note" }, "wait=20")).json()) as JobView;
  let saves = 0;
  const save = async (text: string, file = WORDS) => {
    saves++;
    await writeFile(join(service, file), text);
  };
  /** Resolves when there was a message about a reload, or a failed one, for every save. */
  const told = () => started.prints(new RegExp(`(reloaded[^]*){${saves}}`));
  expect(await note()).toMatchObject({ result: { words: "the first" } });

  // Two requests wait, one for a job that is not due and one for a job that runs.
  const { url: held, came } = await holding();
  const later = await idOf(await submit({ task: "note", delay_seconds: 3_600 }));
  const running = await idOf(await submit({ task: "call", payload: { url: held } }));
  const waiting = fetch(`${url}/job-status/${later}?wait=20`);
  const answering = fetch(`${url}/job-status/${running}?wait=20`);
  const response = await came;
  await save(wordsOf("the second"));
  await told();
  expect(started.output).toMatch(/^reloaded in \d+\.\d s \(shared\/deep\/words\.ts\)$/m);

  // New requests get the new code, and the waiting ones are answered.
  response.end("at last");
  const answered = await answering;
  expect([answered.status, await answered.json()]).toMatchObject([
    200,
    { status: "completed", retries: 0, result: { body: "at last" }, attempts: [{ outcome: "completed" }] },
  ]);
  expect(await note()).toMatchObject({ result: { words: "the second" } });
  expect((await fetch(`${url}/cancel-job/${later}`, { method: "POST" })).status).toBe(200);
  const given = await waiting;
  expect([given.status, await given.json()]).toMatchObject([200, { job_id: later, status: "cancelled" }]);

  // Code that cannot be built changes nothing.
  await save("export const words = ;\n");
  await told();
  expect(started.output).toMatch(
    /not reloaded: shared\/deep\/words\.ts cannot be built; the earlier code stays until that is fixed/,
  );
  expect(await note()).toMatchObject({ result: { words: "the second" } });

  // The last of several saves in quick succession counts.
  for (let n = 0; n < 5; n++) await writeFile(join(service, WORDS), wordsOf(`the third, ${n}`));
  await save(wordsOf("the last"));
  await told();
  let last = await note();
  while ((last.result as { words: string }).words !== "the last") last = await note(); // each save may have a reload
  expect(last).toMatchObject({ retries: 0, attempts: [{ outcome: "completed" }] });
}, 120_000);
