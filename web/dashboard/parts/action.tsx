import { useState } from "preact/hooks";
import { Refused } from "../api.ts";
import type { ApiProblem } from "../shapes.ts";
import { ProblemWords } from "./notice.tsx";

/** Runs what a reader asked for: one thing at a time. What the API refuses is kept, to be shown where it was asked for. */
export function useAction() {
  const [fault, setFault] = useState<ApiProblem>();
  const [isBusy, setBusy] = useState(false);

  /** Returns whether it was done. */
  async function run(action: () => Promise<unknown>): Promise<boolean> {
    setBusy(true);
    setFault(undefined);
    try {
      await action();
      return true;
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      setFault(error.problem);
      return false;
    } finally {
      setBusy(false);
    }
  }
  return { fault, isBusy, run };
}

/** What the API refused. */
export function Refusal({ fault }: { fault: ApiProblem | undefined }) {
  if (!fault) return null;
  return (
    <p class="fault" role="alert">
      <ProblemWords problem={fault} />
    </p>
  );
}
