-- groups: read the groups of endings that settle gets. lib/queue/settling.ts writes them: the names are the same there.
--
-- A group is 6 arguments and its details:
--   outcome      completed | retry | failed | deferred | snoozed | released
--   token        under which the jobs were claimed
--   startedAt    ms since the epoch, when these attempts began; "" as the record says. Of released and deferred ones: "" none had begun,
--                or it does not matter
--   delayMs      of retry, deferred and snoozed, else ""
--   ids          with spaces between them
--   detailCount  how many details each id has; 0 where the whole group has none
--   details      those of the first id, of the second …: see DETAILS in ending.lua
--
-- TAKES sent  table  the arguments
--       start int    where the first group begins
-- RETURNS the groups, and the ids of all. A group has those names, `first` and `last` among the ids, and `details`, where
--         its details begin in `sent`
local function read_groups(sent, start)
  local groups, ids, n, from = {}, {}, 0, start
  while from < #sent do
    local outcome, token, started_at, delay_ms, list, detail_count = unpack(sent, from, from + 5)
    local group = { outcome = outcome, token = token, started_at = started_at ~= "" and started_at, delay_ms = delay_ms }
    group.detail_count, group.details, group.first, group.next = tonumber(detail_count), from + 6, n + 1, {}
    local at = 1
    while at do
      local space = find(list, " ", at, true)
      n = n + 1
      ids[n] = sub(list, at, space and space - 1)
      at = space and space + 1
    end
    group.last, groups[#groups + 1] = n, group
    from = group.details + group.detail_count * (n - group.first + 1)
  end
  return groups, ids
end
