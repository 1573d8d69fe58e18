// Lets Node import .lua and .html files as text: `node --import ./local/text-assets.mjs`.
import { register } from "node:module";

register("./text-assets-hook.mjs", import.meta.url);
