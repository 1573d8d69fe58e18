/** What a submit answers. `unique_conflict`: nothing was submitted, and the job is the one that holds the unique key. */
export interface ShownSubmit {
  job_id: string;
  unique_conflict?: true;
}

/** Says what has become of a submit: the words given, or that nothing was submitted. */
export function submitInWords({ unique_conflict: isTaken }: ShownSubmit, words: string): string {
  return isTaken ? "Nothing was submitted: this job holds the unique key." : words;
}
