-- leave: take a job that has not finished out of the place that its record names.
--
-- USES  scheduled  zset    job id -> when it may run (ms)
--       leases     zset    job id -> lease expiry (ms)
-- TAKES id         string
--       state      table   as the record says
--       text       string  the record
--       body       int     where its body begins
--
-- MOVES    pending, processing -> nothing; the caller puts it elsewhere, or forgets it
-- RETURNS  nothing
-- COSTS    1 or 2: ZREM; LREM where it is ready, which walks the list: it takes time with depth
-- REPLAY   finds nothing to take
local function leave(id, state, text, body)
  if state.status == "processing" then
    redis.call("ZREM", leases, id)
  elseif not state.run_at or redis.call("ZREM", scheduled, id) == 0 then
    redis.call("LREM", list_of(state, text, body), 1, id)
  end
end
