export {
  type Running,
  type ServeOptions,
  type Serving,
  type StartWorkerOptions,
  serve,
  startWorker,
} from "./adapters/serve.ts";
export { type NodeListener, toNode } from "./adapters/to-node.ts";
