/**
 * Upstash's Redis REST protocol on this machine: `startGateway` serves it, in front of a Redis server (`connectBackend`) or of a
 * store in this process (`createEmbedded`).
 */
export { type Backend, type Command, type RedisReply, ReplyError, StatusReply } from "./backend.ts";
export type { Durability } from "./durability.ts";
export { createEmbedded, type Embedded, type EmbeddedOptions } from "./embedded/embedded.ts";
export { type Gateway, type GatewayOptions, startGateway } from "./gateway.ts";
export { FolderInUse } from "./lock.ts";
export { type BackendOptions, connectBackend } from "./server-backend.ts";
