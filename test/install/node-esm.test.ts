import { blackBox } from "./black-box.ts";

blackBox("node-esm");
