#!/usr/bin/env node
// A file that is there before the build, so that npm ci links the command.
import "../dist/cli.js";
