export {
  type Running,
  type ServeOptions,
  type Serving,
  serve,
  startWorker,
  type WorkerOptions,
} from "./adapters/serve.ts";
export { type NodeListener, toNode } from "./adapters/to-node.ts";
