/*
 * Loaded before all else (`node -r`), so it is plain JavaScript that any Node reads: what is missing is said in a line, where
 * the first import that fails would print its stack.
 */

const NODE = [20, 19];

function missing() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major < NODE[0] || (major === NODE[0] && minor < NODE[1]))
    return `Node ${process.versions.node} is too old: install ${NODE.join(".")} or later; 24 is what runs on AWS`;
  for (const name of ["tsx", "serverless/package.json", "get-port"]) {
    try {
      require.resolve(name);
    } catch (error) {
      if (error.code === "MODULE_NOT_FOUND")
        return "packages are missing: run npm ci --include=dev (with NODE_ENV=production, npm ci leaves out those that run on a laptop)";
    }
  }
  return undefined;
}

const what = missing();
if (what !== undefined) {
  console.error(`wakeq: ${what}`);
  process.exit(1);
}
