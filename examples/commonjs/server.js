const { serve } = require("wakeq/node");
const { queue } = require("./queue.js");

// The API, the dashboard and the worker, at PORT. SIGTERM ends what runs, then the process.
serve(queue).then(({ url }) => console.log(`the queue is at ${url}/queue`));
