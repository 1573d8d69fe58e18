/** The counts of a drain that did nothing yet. */
export const NOTHING_DONE = {
  claimed: 0,
  completed: 0,
  retried: 0,
  failed: 0,
  released: 0,
  cancelled: 0,
  lost: 0,
};
