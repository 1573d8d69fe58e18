const { subscribe } = require("node:diagnostics_channel");

/**
 * A serverless plugin for `sls offline` alone, whose two ports serve any web page that a browser has open: they answer every
 * origin with credentials allowed, and the one for the Invoke API takes no keys. With this each request is looked at before
 * anything reads it (lib/http/door.ts has the rule), and CORS is what the functions say.
 *
 * serverless-offline keeps its servers to itself, so they are found by Node's own channel, which names the server of each
 * request before the server hears of it.
 */
class Doors {
  constructor(serverless, options) {
    const arm = () => {
      const door = doorsOf(serverless.service, options);
      const guarded = new WeakSet();
      subscribe("http.server.request.start", ({ server }) => {
        if (!guarded.has(server)) guard(server, door(server.address()?.port));
        guarded.add(server);
      });
    };
    this.hooks = { "before:offline:start:init": arm, "before:offline:start": arm };
  }
}

/** What is asked of a request to a port before it comes in. Returns whether it was turned away. */
function doorsOf({ functions, custom }, options) {
  const { turnedAway } = loaded("../lib/http/door.ts");
  const log = loaded("../lib/observability/log.ts").createLog("warn");
  const environment = Object.assign({}, ...Object.values(functions).map((each) => each.environment));
  const door = loaded("../lib/config/config.ts").readDoor({ ...environment, ALLOWED_HOSTS: process.env.ALLOWED_HOSTS });
  const httpPort = Number(options.httpPort ?? custom["serverless-offline"].httpPort);
  return (port) => {
    if (port !== httpPort) return (...exchange) => turnedAway(...exchange, { ...door, origins: [] }, log);
    if (environment.API_KEYS) return () => false;
    return (...exchange) => turnedAway(...exchange, door, log);
  };
}

/** Puts `turnsAway` in front of what a server does with its requests. */
function guard(server, turnsAway) {
  for (const event of ["request", "checkContinue"]) {
    const listeners = server.listeners(event);
    if (listeners.length === 0) continue;
    server.removeAllListeners(event);
    server.on(event, (request, response) => {
      if (turnsAway(request, response)) return;
      // serverless-offline's own CORS goes by this; functions get the headers as they came (rawHeaders).
      delete request.headers.origin;
      for (const listener of listeners) listener.call(server, request, response);
    });
  }
}

function loaded(file) {
  return require("tsx/cjs/api").require(file, __filename);
}

module.exports = Doors;
