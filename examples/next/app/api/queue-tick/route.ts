import { toTick } from "wakeq/next";
import { queue } from "../../../queue";

export const { GET } = toTick(queue, { maxDurationSeconds: 300 });
export const maxDuration = 300;
