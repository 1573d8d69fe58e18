/*
 * What the tasks of this folder take from the environment, read when a job needs it, unless it says otherwise. Empty counts
 * as not set. A wrong value fails the attempt with an error that names the variable, so the job is there for when it has been
 * put right.
 */

const DEMO_TASKS = ["send_email", "http_request", "count_primes"];

/**
 * Whether callers may submit this task of those that ship. On a laptop they may submit each of them; elsewhere, where a key
 * would be enough to mail anybody or to call any address, those that DEMO_TASKS names. Read when the process starts: a wrong
 * value keeps it from serving.
 */
export const isOffered = (name: string) =>
  setting("DEMO_TASKS", isLaptop() ? DEMO_TASKS : [], `names among ${DEMO_TASKS.join(", ")}`, (text) => {
    const names = text.split(/[\s,]+/).filter((each) => each !== "");
    return names.every((each) => DEMO_TASKS.includes(each)) ? names : undefined;
  }).includes(name);

/** smtp(s)://user:password@host:port. Undefined: mail is simulated. */
export const smtpUrl = () =>
  setting("SMTP_URL", undefined, "smtp://user:password@host:port", (text) =>
    URL.canParse(text) && /^smtps?:\/\/[^/]/.test(text) ? text : undefined,
  );

/** The sender of mails. */
export const mailFrom = () => setting("MAIL_FROM", "wakeq@localhost", "an address", (text) => text);

/** How often simulated work fails, 0 to 1. */
export const simulatedFailureRate = () =>
  setting("SIMULATED_FAILURE_RATE", 0.2, "a number from 0 to 1", (text) =>
    Number(text) >= 0 && Number(text) <= 1 && text.trim() !== "" ? Number(text) : undefined,
  );

/** Whether loopback, private and link-local addresses may be called: by default on a laptop alone. */
export const allowPrivateAddresses = () =>
  setting("ALLOW_PRIVATE_ADDRESSES", isLaptop(), '"true" or "false"', (text) =>
    text === "true" || text === "false" ? text === "true" : undefined,
  );

/** Set by serverless-offline, by `sls invoke local`, and by docker-compose.yml. */
const isLaptop = () =>
  process.env.IS_OFFLINE === "true" || ["true", "published-on-loopback"].includes(process.env.IS_LOCAL ?? "");

/** `read` returns undefined for what it cannot read. @throws Error that names the variable and shows no secret */
function setting<Value, Absent>(
  name: string,
  absent: Absent,
  expected: string,
  read: (text: string) => Value | undefined,
): Value | Absent {
  const text = process.env[name] || undefined;
  if (text === undefined) return absent;
  const value = read(text);
  if (value !== undefined) return value;
  throw new Error(`${name}: expected ${expected}, got ${/URL/.test(name) ? "(hidden)" : JSON.stringify(text)}`);
}
