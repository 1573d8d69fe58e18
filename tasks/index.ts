import { indexTasks } from "../lib/tasks.ts";
import { countPrimes } from "./countPrimes.ts";
import { httpRequest } from "./httpRequest.ts";
import { sendEmail } from "./sendEmail.ts";

/** Every task that this deployment knows. Add yours here. Its type is what the typed client goes by. */
export const taskList = [sendEmail, httpRequest, countPrimes] as const;

export const tasks = indexTasks(taskList);
