/** Faults of a task's own code, made from outside while it runs: the process ends, or nobody catches what is thrown. */
process.on("SIGUSR2", () => process.exit(7));
process.on("SIGHUP", () => void Promise.reject(new Error("nobody waited for this")));
