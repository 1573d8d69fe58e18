import { serve } from "wakeq/node";
import { queue } from "./queue.js";

// The API, the dashboard and the worker, at PORT. SIGTERM ends what runs, then the process.
const { url } = await serve(queue);
console.log(`the queue is at ${url}/queue`);
