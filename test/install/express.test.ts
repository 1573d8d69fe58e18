import { blackBox } from "./black-box.ts";

blackBox("express");
