import { expect, test } from "vitest";
import { NonRetriableError } from "../../lib/tasks.ts";
import { sendEmail } from "../../tasks/sendEmail.ts";
import { until } from "../support/worker.ts";
import { useMailServers } from "./mail.ts";
import { JOB_ID, run } from "./run.ts";

const mailServer = useMailServers();
const mail = { to: "ann@example.com", subject: "Grüße", text: "Hello" };

test("a mail is simulated if no server is set, even without a payload", async () => {
  expect(await run(sendEmail, {})).toEqual({ message_id: `<${JOB_ID}@wakeq>`, simulated: true });
});

test("a simulated mail fails at the rate that is set", async () => {
  const failing = run(sendEmail, {}, { environment: { SIMULATED_FAILURE_RATE: "1" } });
  await expect(failing).rejects.toThrow("simulated: the mail server did not answer");
});

test("a simulated mail stops when its signal aborts", async () => {
  await expect(run(sendEmail, {}, { signal: AbortSignal.abort() })).rejects.toMatchObject({ name: "AbortError" });
});

test("a real mail has the sender that is set, and an id from the job that reveals a duplicate", async () => {
  const { smtpUrl, mails, said } = await mailServer();
  const result = await run(sendEmail, mail, { environment: { SMTP_URL: smtpUrl, MAIL_FROM: "queue@example.com" } });
  expect(result).toEqual({ message_id: `<${JOB_ID}@wakeq>`, simulated: false });
  expect(said).toEqual(expect.arrayContaining(["MAIL FROM:<queue@example.com>", "RCPT TO:<ann@example.com>"]));
  expect(mails).toHaveLength(1);
  expect(mails[0]).toContain(`Message-ID: <${JOB_ID}@wakeq>`);
  expect(mails[0]).toContain("To: ann@example.com");
  expect(mails[0]).toMatch(/Subject: =\?UTF-8\?/i);
  expect(mails[0]).toMatch(/\n\nHello\n/);
});

test.each([
  ["a recipient", { RCPT: "550 no such user" }, /550 no such user/],
  ["a recipient who moved", { RCPT: "551 gone" }, /551 gone/],
  ["a recipient's full mailbox", { RCPT: "552 full" }, /552 full/],
  ["a recipient's name", { RCPT: "553 not a name" }, /553 not a name/],
  ["a recipient's domain", { RCPT: "556 takes no mail" }, /556 takes no mail/],
  ["the mail", { DATA: "554 spam" }, /554 spam/],
  ["the size of the mail", { MAIL: "552 too large" }, /552 too large/],
])("%s that the server refuses for good fails the job", async (_, answers, message) => {
  const { smtpUrl } = await mailServer(answers);
  const sending = run(sendEmail, mail, { environment: { SMTP_URL: smtpUrl } });
  await expect(sending).rejects.toBeInstanceOf(NonRetriableError);
  await expect(sending).rejects.toThrow(message);
});

test.each([
  ["a recipient", { RCPT: "451 greylisted" }, /451 greylisted/],
  ["the sender", { MAIL: "421 too many" }, /421 too many/],
  ["the mail", { DATA: "452 disk full" }, /452 disk full/],
])("%s that the server refuses for now is tried again", async (_, answers, message) => {
  const { smtpUrl } = await mailServer(answers);
  const sending = run(sendEmail, mail, { environment: { SMTP_URL: smtpUrl } });
  await expect(sending).rejects.toThrow(message);
  await expect(sending).rejects.not.toBeInstanceOf(NonRetriableError);
});

test.each([
  ["the credentials", { AUTH: "535 5.7.8 bad credentials" }, /535 5.7.8 bad credentials/],
  ["the way to log in", { AUTH: "504 not this way" }, /504 not this way/],
  ["a mechanism that is too weak", { AUTH: "534 too weak" }, /534 too weak/],
  ["the greeting", { EHLO: "554 no service here", HELO: "554 no service here" }, /554 no service here/],
  ["the sender", { MAIL: "553 not you" }, /553 not you/],
  ["the sender's account", { MAIL: "550 suspended" }, /550 suspended/],
  ["the missing login", { MAIL: "530 log in first" }, /530 log in first/],
  ["the missing login, at the recipient", { RCPT: "530 log in first" }, /530 log in first/],
  ["the order of commands", { RCPT: "503 bad sequence" }, /503 bad sequence/],
  ["the order of commands, at the end", { DATA: "503 bad sequence" }, /503 bad sequence/],
])(
  "%s that the server refuses for good says nothing about this mail, so the job is tried again",
  async (_, answers, message) => {
    const server = await mailServer({ EHLO: "250-test\r\n250 AUTH PLAIN", AUTH: "235 ok", ...answers });
    const smtpUrl = server.smtpUrl.replace("//", "//ann:wrong@");
    const sending = run(sendEmail, mail, { environment: { SMTP_URL: smtpUrl } });
    await expect(sending).rejects.toThrow(message);
    await expect(sending).rejects.not.toBeInstanceOf(NonRetriableError);
    expect(server.mails).toEqual([]);
  },
);

test("a mail to a server that is down is tried again", async () => {
  const { smtpUrl, close } = await mailServer();
  await close();
  const sending = run(sendEmail, mail, { environment: { SMTP_URL: smtpUrl } });
  await expect(sending).rejects.toThrow(/ECONNREFUSED/);
  await expect(sending).rejects.not.toBeInstanceOf(NonRetriableError);
});

test("no field can inject a header", async () => {
  const { smtpUrl, mails } = await mailServer();
  await run(sendEmail, { ...mail, subject: "a\r\nBcc: eve@example.com" }, { environment: { SMTP_URL: smtpUrl } });
  expect(mails[0]).not.toMatch(/^Bcc:/m);
});

test("the job's signal ends the conversation with a server that does not answer", async () => {
  const { smtpUrl, data, sockets } = await mailServer({ DATA: "" });
  const abort = new AbortController();
  const sending = run(sendEmail, mail, { environment: { SMTP_URL: smtpUrl }, signal: abort.signal });
  await data.opened;
  abort.abort();
  await expect(sending).rejects.toMatchObject({ name: "AbortError" });
  await until(() => sockets.size === 0);
});
