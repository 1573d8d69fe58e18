import * as z from "zod/mini";
import { defineTask, NeverAgain, type TaskContext } from "../lib/tasks.ts";
import { mailFrom, simulatedFailureRate, smtpUrl } from "./settings.ts";

const Mail = z.strictObject({
  to: z._default(z.email().check(z.describe("Who gets it")), "somebody@example.com"),
  subject: z._default(z.string().check(z.maxLength(998)), "Hello"),
  text: z._default(z.string(), "Sent by a job."),
});

/**
 * Send a mail over SMTP_URL. Without one it simulates: takes a moment, and fails at times (SIMULATED_FAILURE_RATE).
 *
 * Result  { message_id, simulated }
 * Errors  a recipient that the server refuses (5xx): never again. Everything else: retried
 * Twice?  The Message-ID is made of the job's id, by which many servers and clients drop the second one
 */
export const sendEmail = defineTask({
  name: "send_email",
  description: "Send a mail (simulated unless SMTP_URL is set)",
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
  // The types lag behind: closing the transport lets a conversation go on, only the signal ends it.
  const mail = { ...input, messageId, signal };
  try {
    await transport.sendMail(mail);
  } catch (error) {
    if (isRefusal(error)) throw new NeverAgain(error.message);
    throw error;
  } finally {
    transport.close();
  }
}

/** The server's own "no": a permanent failure (RFC 5321, section 4.2.1). */
function isRefusal(error: unknown): error is Error {
  return error instanceof Error && "responseCode" in error && Number(error.responseCode) >= 500;
}

async function simulate({ signal }: MailContext): Promise<void> {
  const failureRate = simulatedFailureRate();
  const { setTimeout: pause } = await import("node:timers/promises");
  await pause(200 + Math.random() * 600, undefined, { signal });
  if (Math.random() < failureRate) throw new Error("simulated: the mail server did not answer");
}
