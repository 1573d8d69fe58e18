import { ReplyError } from "../backend.ts";
import type { EngineReply } from "./replies.ts";

interface CommandStats {
  calls: number;
  usec: number;
  rejected: number;
  failed: number;
}

/** An error that was already counted, when a command inside a script caused it. */
export class CountedError extends ReplyError {}

/** The counts of commands and errors for INFO. A command inside a script counts like any other. */
export class EngineStats {
  commandsProcessed = 0;
  expiredKeys = 0;
  private readonly commands = new Map<string, CommandStats>();
  private readonly errors = new Map<string, number>();

  /** Counts a command that ran. It failed if there is an error anywhere in its reply. */
  ran(command: string, usec: number, reply: EngineReply): void {
    const stats = this.of(command);
    this.commandsProcessed++;
    stats.calls++;
    stats.usec += usec;
    if (this.countErrors(reply)) stats.failed++;
  }

  /** Counts a command that was refused before it ran. */
  rejected(command: string, error: ReplyError): void {
    this.of(command).rejected++;
    this.countErrors(error);
  }

  /** Counts an error that belongs to no command. */
  failed(error: ReplyError): void {
    this.countErrors(error);
  }

  reset(): void {
    this.commandsProcessed = 0;
    this.expiredKeys = 0;
    this.commands.clear();
    this.errors.clear();
  }

  /** Writes the lines of `INFO commandstats`. */
  commandLines(): string[] {
    return [...this.commands].map(([command, { calls, usec, rejected, failed }]) => {
      const each = calls === 0 ? 0 : usec / calls;
      const times = `usec=${Math.round(usec)},usec_per_call=${each.toFixed(2)}`;
      return `cmdstat_${command}:calls=${calls},${times},rejected_calls=${rejected},failed_calls=${failed}`;
    });
  }

  /** Writes the lines of `INFO errorstats`. */
  errorLines(): string[] {
    return [...this.errors].map(([code, count]) => `errorstat_${code}:count=${count}`);
  }

  private of(command: string): CommandStats {
    let stats = this.commands.get(command);
    if (!stats) {
      stats = { calls: 0, usec: 0, rejected: 0, failed: 0 };
      this.commands.set(command, stats);
    }
    return stats;
  }

  /** Counts the errors of a reply. Returns whether there was one. */
  private countErrors(reply: EngineReply): boolean {
    if (Array.isArray(reply)) return reply.reduce<boolean>((found, item) => this.countErrors(item) || found, false);
    if (!(reply instanceof ReplyError)) return false;
    if (!(reply instanceof CountedError)) {
      const code = reply.message.split(" ", 1)[0]!;
      this.errors.set(code, (this.errors.get(code) ?? 0) + 1);
    }
    return true;
  }
}
