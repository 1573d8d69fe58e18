export {
  type Running,
  type ServeOptions,
  type Serving,
  serve,
  startWorker,
  type WorkerOptions,
} from "./adapters/serve.ts";
