import { toNext } from "wakeq/next";
import { queue } from "../../../../queue";

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = toNext(queue, { maxDurationSeconds: 300 });
export const maxDuration = 300;
