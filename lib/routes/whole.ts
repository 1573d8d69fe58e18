import * as z from "zod/mini";

/** Makes the schema of a whole number in a query. */
export const whole = (least: number, most: number) => z.coerce.number().check(z.int(), z.gte(least), z.lte(most));
