/*
 * Loaded before everything else (`node -r`), so it is plain JavaScript that any Node can read. It says in one line what is
 * missing; without it, the first failing import would print a stack.
 */

const NODE = [20, 19];

function missing() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major < NODE[0] || (major === NODE[0] && minor < NODE[1]))
    return `Node ${process.versions.node} is too old: install ${NODE.join(".")} or later; AWS runs 24`;
  for (const name of ["tsx", "serverless/package.json", "get-port"]) {
    try {
      require.resolve(name);
    } catch (error) {
      if (error.code === "MODULE_NOT_FOUND")
        return "packages are missing: run npm ci --include=dev (with NODE_ENV=production, npm ci leaves out the development packages)";
    }
  }
  return undefined;
}

const what = missing();
if (what !== undefined) {
  console.error(`wakeq: ${what}`);
  process.exit(1);
}
