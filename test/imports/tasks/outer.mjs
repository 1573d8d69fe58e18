// An `external` package that only this module names, which is itself imported dynamically.
import { parse } from "yaml";

export const read = (text) => parse(text);
