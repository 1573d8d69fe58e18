const DEFAULT_SCRIPT_LIMIT_MS = 5_000;

const UNITS: Readonly<Record<string, number>> = {
  "": 1,
  b: 1,
  k: 1e3,
  kb: 1024,
  m: 1e6,
  mb: 1024 ** 2,
  g: 1e9,
  gb: 1024 ** 3,
};

/** The few settings of the store. For other names, CONFIG GET answers like a Redis that is set up the same way. */
export class StoreConfig {
  /** The most memory, in bytes by the store's own estimate; 0 is without limit. */
  maxMemory: number;
  /** How long a script may run (ms of real time); 0 is without limit. */
  scriptLimitMs = DEFAULT_SCRIPT_LIMIT_MS;

  constructor(maxMemory: number) {
    this.maxMemory = maxMemory;
  }

  entries(): Record<string, string> {
    return {
      maxmemory: String(this.maxMemory),
      "maxmemory-policy": "noeviction",
      "lua-time-limit": String(this.scriptLimitMs),
      "busy-reply-threshold": String(this.scriptLimitMs),
      "notify-keyspace-events": "",
      appendonly: "no",
      save: "",
      databases: "1",
    };
  }

  /** Changes a setting. Returns what is wrong, if anything is. */
  set(name: string, value: string): string | undefined {
    if (name === "maxmemory") {
      const bytes = parseMemory(value);
      if (bytes === undefined) return "argument must be a memory value";
      this.maxMemory = bytes;
      return undefined;
    }
    if (name === "lua-time-limit" || name === "busy-reply-threshold") {
      if (!/^[0-9]{1,15}$/.test(value)) return "argument couldn't be parsed into an integer";
      this.scriptLimitMs = Number(value);
      return undefined;
    }
    return this.entries()[name] === value ? undefined : "can't be changed in the embedded store";
  }
}

function parseMemory(text: string): number | undefined {
  const match = /^([0-9]{1,15})([a-z]{0,2})$/i.exec(text);
  const unit = match && UNITS[match[2]!.toLowerCase()];
  return unit ? Number(match[1]) * unit : undefined;
}
