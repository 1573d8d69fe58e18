-- leave: take a job that has not finished out of the place that its record names.
--
-- USES  scheduled  zset    job id -> when it may run (ms)
--       leases     zset    job id -> lease expiry (ms)
--       parked     string  parked .. task is the key of a list: ids of ready jobs of a paused task
-- TAKES id         string
--       state      table   as the record says
--       text       string  the record
--       body       int     where its body begins
--
-- MOVES    pending, processing -> nothing; the caller puts it elsewhere, or forgets it
-- RETURNS  nothing
-- COSTS    1 to 3: ZREM; LREM where it is ready, and one more where it is parked. It walks the list: it takes time with depth
-- REPLAY   finds nothing to take
local function leave(id, state, text, body)
  if state.status == "processing" then
    redis.call("ZREM", leases, id)
  elseif not state.run_at or redis.call("ZREM", scheduled, id) == 0 then
    local task = redis.call("LREM", list_of(state, text, body), 1, id) == 0 and task_of(text, body)
    if task then redis.call("LREM", parked .. task, 1, id) end
  end
end
