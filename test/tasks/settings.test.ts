import { afterEach, expect, test, vi } from "vitest";
import { allowPrivateAddresses, mailFrom, simulatedFailureRate, smtpUrl } from "../../tasks/settings.ts";

afterEach(() => void vi.unstubAllEnvs());

const SETTINGS = {
  SMTP_URL: {
    read: smtpUrl,
    absent: undefined,
    right: { "smtp://a:b@c:1": "smtp://a:b@c:1" },
    wrong: ["mail", "http://a"],
  },
  MAIL_FROM: { read: mailFrom, absent: "wakeq@localhost", right: { "a@b.c": "a@b.c" }, wrong: [] },
  SIMULATED_FAILURE_RATE: {
    read: simulatedFailureRate,
    absent: 0.2,
    right: { "0": 0, "1": 1 },
    wrong: ["2", "-1", "x", " "],
  },
  ALLOW_PRIVATE_ADDRESSES: {
    read: allowPrivateAddresses,
    absent: false,
    right: { true: true, false: false },
    wrong: ["1"],
  },
};

test.each(Object.entries(SETTINGS))("%s is read only when a job needs it", (name, { read, absent, right, wrong }) => {
  vi.stubEnv(name, undefined);
  expect(read()).toBe(absent);
  vi.stubEnv(name, "");
  expect(read()).toBe(absent);
  for (const [text, value] of Object.entries(right)) {
    vi.stubEnv(name, text);
    expect(read()).toBe(value);
  }
  for (const text of wrong) {
    vi.stubEnv(name, text);
    expect(read).toThrow(new RegExp(`^${name}: expected `));
  }
});

test.each(["IS_OFFLINE", "IS_LOCAL"])(
  "with %s private addresses may be called, unless a setting forbids it",
  (name) => {
    vi.stubEnv(name, "true");
    expect(allowPrivateAddresses()).toBe(true);
    vi.stubEnv("ALLOW_PRIVATE_ADDRESSES", "false");
    expect(allowPrivateAddresses()).toBe(false);
  },
);

test("a wrong mail server address is not shown, as it may contain a password", () => {
  vi.stubEnv("SMTP_URL", "ann:secret@example.com");
  expect(smtpUrl).toThrow("SMTP_URL: expected smtp://user:password@host:port, got (hidden)");
});
