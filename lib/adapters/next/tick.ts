import { createHash, timingSafeEqual } from "node:crypto";
import type { Core } from "../../app/core.ts";
import { environmentWith } from "../../config/config.ts";
import { Problem } from "../../errors.ts";
import { problemReply, type WrittenReply, written } from "../../http/reply.ts";
import { keepAlive, type NextOptions } from "./after-response.ts";

/** The options of a tick's route. */
export interface TickOptions extends NextOptions {
  /** What the caller must send as `Authorization: Bearer {secret}`. Default: the variable `CRON_SECRET`, as on Vercel. */
  secret?: string;
}

/** Answers a cron's call: starts a worker if anything is due, and does not wait for its end. */
export async function tick(
  drain: NonNullable<Core["drain"]>,
  request: Request,
  options: TickOptions,
): Promise<WrittenReply> {
  const { secret = environmentWith({}).CRON_SECRET } = options;
  try {
    authenticate(request, secret);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return problemReply(error, { path: new URL(request.url).pathname });
  }
  await keepAlive(options, (limits) => drain({ source: "tick", depth: 0 }, limits));
  return written({ status: 202 });
}

/** Checks that the caller knows the secret. @throws Problem `not_configured`, `unauthorized` */
function authenticate(request: Request, secret: string | undefined): void {
  if (!secret)
    throw new Problem(
      "not_configured",
      "CRON_SECRET is not set: a tick without a secret serves nobody. Set it to a long random text",
    );
  const given = request.headers.get("authorization") ?? "";
  if (!timingSafeEqual(digest(given), digest(`Bearer ${secret}`)))
    throw new Problem(
      "unauthorized",
      "the secret is not with the request: send it as Authorization: Bearer CRON_SECRET",
    );
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
