import { countPrimes } from "./countPrimes.ts";
import { httpRequest } from "./httpRequest.ts";
import { sendEmail } from "./sendEmail.ts";

/** Every task that this deployment knows. Add yours here. The typed client takes its types from this list. */
export const taskList = [sendEmail, httpRequest, countPrimes] as const;
