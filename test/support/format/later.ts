import type { StoredKeys } from "./fixture.ts";

// What a later version may add to format 1 (docs/upgrading.md).

/** Goes into the head, after the known fields and before the progress: a part of the job's state. */
const HEAD = '"shard":"a\\"b,{}","weight":12.5,';
/** Goes into the body, after the id and the size of the payload: a fact about the job. */
const BODY =
  '"tenant":"acme","cost":1.50,"big":12345678901234567890,"urgent":true,"tags":{"a":["b",{}],"c":null},"empty":[],';
const IN_ATTEMPT = ',"region":"eu \\"1\\""';

/** Adds to a store what a later version may: fields to each record, a key to each job, keys and a total to the queue. */
export function withLater(keys: StoredKeys): StoredKeys {
  const after: StoredKeys = {
    "job_queue:later": { type: "list", value: ["x"] },
    "job_queue:group:later": { type: "zset", value: ["x", "1"] },
    "job_queue:counters": { type: "hash", value: ["later", "7"] },
  };
  for (const [name, stored] of Object.entries(keys)) {
    if (name === "job_queue:counters") after[name] = { ...stored, value: [...stored.value, "later", "7"] };
    else if (!isRecord(name)) after[name] = stored;
    else {
      after[name] = { ...stored, value: laterRecord(String(stored.value)) };
      after[`${name}:later`] = { type: "string", value: "[1.50]" };
    }
  }
  return after;
}

function laterRecord(text: string): string {
  const head = text.indexOf('"progress":') < 0 ? text.indexOf('"job_id":') : text.indexOf('"progress":');
  return (text.slice(0, head) + HEAD + text.slice(head))
    .replace(/("job_id":"[^"]*",(?:"payload_bytes":\d+,)?)/, (found) => found + BODY)
    .replace(/(?<="ended_at":\d+,"worker":"[^"]*")/g, () => IN_ATTEMPT);
}

/** Removes what `withLater` added. `lost` lists what of it is missing, changed or there twice. */
export function withoutLater(keys: StoredKeys, before: StoredKeys): { keys: StoredKeys; lost: string[] } {
  const after: StoredKeys = {};
  const lost = Object.keys(before).filter((name) => name.endsWith(":later") && !(name in keys));
  for (const [name, stored] of Object.entries(keys)) {
    const was = String(before[name]?.value);
    const text = String(stored.value);
    if (name.endsWith(":later")) {
      if (text !== was) lost.push(name);
    } else if (name === "job_queue:counters") {
      const at = stored.value.indexOf("later");
      if (stored.value[at + 1] !== "7") lost.push(name);
      const value = (stored.value as string[]).toSpliced(at, 2);
      if (value.length > 0) after[name] = { ...stored, value };
    } else if (isRecord(name) && name in before) {
      for (const part of [HEAD, BODY, IN_ATTEMPT])
        if (count(text, part) !== count(was, part)) lost.push(`${name}: ${part}`);
      const plain = [HEAD, BODY, IN_ATTEMPT].reduce((left, part) => left.replaceAll(part, ""), text);
      after[name] = { ...stored, value: plain };
    } else after[name] = stored;
  }
  return { keys: after, lost };
}

const isRecord = (name: string) => /^job:[0-9a-f-]{36}$/.test(name);
const count = (text: string, part: string) => text.split(part).length - 1;
