/** How many sequences ran, how many jobs attempts submitted for the first time and again, what became of slots, and how often a unique key was held. */
export const counts = {
  sequences: 0,
  accepted: 0,
  exists: 0,
  fired: 0,
  overlapped: 0,
  lost: 0,
  conflicts: 0,
  refusedRedrives: 0,
};
