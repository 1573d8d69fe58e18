#!/usr/bin/env node
/*
 * Runs `npx wakeq`. It imports nothing before it knows which Node runs it, so that an old one gets a line in place of a stack.
 */
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);

if (major > 20 || (major === 20 && minor >= 19)) {
  void import("./wakeq/main.ts").then(({ main }) => main(process.argv.slice(2)));
} else {
  console.error(`wakeq: Node ${process.versions.node} is too old: install 20.19 or later`);
  process.exitCode = 1;
}
