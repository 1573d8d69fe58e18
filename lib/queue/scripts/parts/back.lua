-- back: where a job goes that a worker gives back unspent. Nobody has run it, so it is the next one of those that wait.
--
-- USES parked  string  parked .. task is the key of a list: ids of ready jobs of a paused task

-- Notes in `back` (list -> ids) that a job goes back to the front of its list: to the parked ones, if its task is paused. The
-- first job of a batch is the first of its list again.
local function give_back(back, pauses, id, state, text, body)
  local task = #pauses.tasks > 0 and task_of(text, body)
  local list = task and pauses.of[task] and parked .. task or list_of(state, text, body)
  back[list] = back[list] or {}
  table.insert(back[list], 1, id)
end
