const { subscribe } = require("node:diagnostics_channel");

/**
 * A serverless plugin for `sls offline`. Its two ports serve any web page that a browser has open: they answer every origin
 * with credentials allowed, and the one for the Invoke API takes no keys. This plugin checks each request before anything
 * reads it (lib/http/door.ts has the rule), and leaves CORS to the functions.
 *
 * serverless-offline does not expose its servers, so the plugin finds them through Node's own channel, which names the server
 * of each request before the server gets it.
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

/** Makes the check of each port. A check returns whether it turned a request away. */
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

/** Lets `turnsAway` see a server's requests first. */
function guard(server, turnsAway) {
  for (const event of ["request", "checkContinue"]) {
    const listeners = server.listeners(event);
    if (listeners.length === 0) continue;
    server.removeAllListeners(event);
    server.on(event, (request, response) => {
      if (turnsAway(request, response)) return;
      // serverless-offline's own CORS reads this; functions still get the headers as they came (rawHeaders).
      delete request.headers.origin;
      for (const listener of listeners) listener.call(server, request, response);
    });
  }
}

function loaded(file) {
  return require("tsx/cjs/api").require(file, __filename);
}

module.exports = Doors;
