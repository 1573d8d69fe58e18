/*
 * The settings of the tasks in this folder, read from the environment when a job needs them, unless said otherwise. Empty
 * counts as not set. A wrong value fails the attempt with an error that names the variable; the job can be retried once the
 * value is right.
 */

const DEMO_TASKS = ["send_email", "http_request", "count_primes"];

/**
 * Returns whether callers may submit one of the tasks that ship with wakeq. On a laptop they may submit all of them.
 * Elsewhere, where a key would be enough to mail anybody or to call any address, only those that DEMO_TASKS names. Read when
 * the process starts: with a wrong value it does not serve.
 */
export const isOffered = (name: string) =>
  setting("DEMO_TASKS", isLaptop() ? DEMO_TASKS : [], `names among ${DEMO_TASKS.join(", ")}`, (text) => {
    const names = text.split(/[\s,]+/).filter((each) => each !== "");
    return names.every((each) => DEMO_TASKS.includes(each)) ? names : undefined;
  }).includes(name);

/** Returns the mail server, smtp(s)://user:password@host:port. Undefined if mail is simulated. */
export const smtpUrl = () =>
  setting("SMTP_URL", undefined, "smtp://user:password@host:port", (text) =>
    URL.canParse(text) && /^smtps?:\/\/[^/]/.test(text) ? text : undefined,
  );

/** Returns the sender of mails. */
export const mailFrom = () => setting("MAIL_FROM", "wakeq@localhost", "an address", (text) => text);

/** Returns how often simulated work fails, 0 to 1. */
export const simulatedFailureRate = () =>
  setting("SIMULATED_FAILURE_RATE", 0.2, "a number from 0 to 1", (text) =>
    Number(text) >= 0 && Number(text) <= 1 && text.trim() !== "" ? Number(text) : undefined,
  );

/** Returns whether loopback, private and link-local addresses may be called. By default only a laptop may call them. */
export const allowPrivateAddresses = () =>
  setting("ALLOW_PRIVATE_ADDRESSES", isLaptop(), '"true" or "false"', (text) =>
    text === "true" || text === "false" ? text === "true" : undefined,
  );

/** Returns whether this runs on a laptop, as serverless-offline, `sls invoke local` and docker-compose.yml say. */
const isLaptop = () =>
  process.env.IS_OFFLINE === "true" || ["true", "published-on-loopback"].includes(process.env.IS_LOCAL ?? "");

/** Reads a setting; `read` returns undefined for a wrong value. @throws Error that names the variable and shows no secret */
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
