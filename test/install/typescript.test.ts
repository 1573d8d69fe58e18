import { blackBox } from "./black-box.ts";

blackBox("typescript");
