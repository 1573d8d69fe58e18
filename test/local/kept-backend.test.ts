import { beforeEach, expect, test } from "vitest";
import { keptBackend } from "../../local/kept-backend.ts";
import {
  type Backend,
  type Command,
  type RedisReply,
  ReplyError,
  StatusReply,
} from "../../packages/redis-rest-local/src/backend.ts";

const OK = new StatusReply("OK");
const info = (status: string) => Buffer.from(`# Persistence\r\naof_enabled:1\r\naof_last_write_status:${status}\r\n`);
const BUSY = new ReplyError("BUSY Redis is busy running a script.");
const MISCONF = new ReplyError("MISCONF Errors writing to the AOF file: No space left on device");

let asked: string[];
let written = 0;
beforeEach(() => {
  asked = [];
  written = 0;
});

/** A Redis that answers each command with `reply`, and the question whether its data was written with `state`. */
function kept(reply: RedisReply, state: RedisReply): Backend {
  const plain: Backend = {
    async send([name]: Command) {
      asked.push(String(name));
      return name === "INFO" ? state : reply;
    },
    async transaction(commands) {
      asked.push("EXEC");
      return reply instanceof ReplyError ? reply : commands.map(() => reply);
    },
    stream: async () => () => {},
    lacks: async () => "",
    close: async () => {},
  };
  return keptBackend(plain, () => written++);
}

test.each([
  ["a change that was written is answered", OK, info("ok"), OK],
  [
    "a change that was not written is an error",
    OK,
    info("err"),
    "its disk is full or fails, and changes may be lost: make room, or check the disk",
  ],
  [
    "a change that may not have been written is an error, too",
    OK,
    BUSY,
    "whether the change was kept is not known: BUSY Redis is busy",
  ],
  ["a refusal because of the disk is an error", MISCONF, info("err"), "MISCONF Errors writing to the AOF file"],
  ["any other error is passed on and says nothing about the disk", BUSY, info("err"), BUSY],
])("%s", async (_, reply, state, outcome) => {
  const { send, transaction } = kept(reply, state);
  for (const answer of [send(["SET", "k", "1"]), transaction([["SET", "k", "1"]])]) {
    if (typeof outcome === "string") await expect(answer).rejects.toThrow(outcome);
    else expect([await answer].flat()).toEqual([outcome]);
  }
});

test("a read does not ask about the disk, and replies at the same moment share one question", async () => {
  const { send } = kept(OK, info("ok"));
  await send(["GET", "k"]);
  expect([asked, written]).toEqual([["GET"], 0]);
  await Promise.all(Array.from({ length: 10 }, () => send(["EVALSHA", "…", "0"])));
  expect(asked.filter((name) => name === "INFO").length).toBe(1);
  expect(asked.at(-1)).toBe("INFO"); // after all replies
  expect(written).toBe(1);
});
