import * as z from "zod/mini";
import { defineTask, NonRetriableError, type TaskContext } from "../lib/tasks.ts";
import { isOffered, mailFrom, simulatedFailureRate, smtpUrl } from "./settings.ts";

const Mail = z.strictObject({
  to: z._default(z.email().check(z.describe("Who gets it")), "somebody@example.com"),
  subject: z._default(z.string().check(z.maxLength(998)), "Hello"),
  text: z._default(z.string(), "Sent by a job."),
});

/**
 * Sends a mail over SMTP_URL. Without SMTP_URL it simulates one: takes a moment, and sometimes fails (SIMULATED_FAILURE_RATE).
 *
 * Result  { message_id, simulated }
 * Errors  The server refuses the recipient or the mail (550 to 554, 556): never retried. Everything else, including wrong
 *         credentials: retried
 * Twice?  The Message-ID is made from the job's id, so many servers and clients drop the second mail
 */
export const sendEmail = defineTask({
  name: "send_email",
  description: "Send a mail (simulated unless SMTP_URL is set)",
  internal: !isOffered("send_email"),
  input: Mail,
  async run(context) {
    const messageId = `<${context.job.id}@wakeq>`;
    const url = smtpUrl();
    if (url === undefined) await simulate(context);
    else await send(context, url, messageId);
    return { message_id: messageId, simulated: url === undefined };
  },
});

type MailContext = TaskContext<z.infer<typeof Mail>>;

async function send({ input, signal }: MailContext, url: string, messageId: string): Promise<void> {
  const { createTransport } = await import("nodemailer");
  const transport = createTransport(url, { from: mailFrom() });
  // Closing the transport does not end a conversation, only the signal does; nodemailer's types do not know it yet.
  const mail = { ...input, messageId, signal };
  try {
    await transport.sendMail(mail);
  } catch (error) {
    if (isRefusal(error)) throw new NonRetriableError(error.message);
    throw error;
  } finally {
    transport.close();
  }
}

/** Replies that refuse one mail for good (RFC 5321, section 4.2.3, and RFC 7504): no such mailbox, too large, not wanted. */
const REFUSED_MAIL = [550, 551, 552, 553, 554, 556];

/**
 * Returns whether the server will never take this mail, because of its recipient, its content or its size. Errors about
 * credentials, the sender's address or the connection concern all mails, and may be gone by the next attempt.
 */
function isRefusal(error: unknown): error is Error {
  if (!(error instanceof Error)) return false;
  const { command, responseCode } = error as { command?: string; responseCode?: number };
  if (command === "MAIL FROM") return responseCode === 552; // its size, by RFC 1870
  return (command === "RCPT TO" || command === "DATA") && REFUSED_MAIL.includes(responseCode ?? 0);
}

async function simulate({ signal }: MailContext): Promise<void> {
  const failureRate = simulatedFailureRate();
  const { setTimeout: pause } = await import("node:timers/promises");
  await pause(200 + Math.random() * 600, undefined, { signal });
  if (Math.random() < failureRate) throw new Error("simulated: the mail server did not answer");
}
