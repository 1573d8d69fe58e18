-- reclaim: take jobs back whose leases ran out, because their worker crashed or froze. It costs them the attempt.
--
-- USES  leases    zset    job id -> lease expiry (ms)
--       failed    zset    job id -> when it failed (ms)
--       counters  hash    totals
--       job       string  job .. id is the key of a record
-- TAKES now       int     ms since the epoch
--       limit     int     how many expired ids to look at
--       missing   table   gets the ids that were leased, but have no record, or one that says that the job is elsewhere
--
-- MOVES    processing -> pending, or failed where it was the last attempt
-- RETURNS  {id, status …} of the jobs that were taken back
-- COSTS    1: ZRANGE; where leases ran out 4 more, MGET, MSET, ZREM and HINCRBY, one LPUSH a priority, and 2 where a job failed
-- REPLAY   takes back what has expired then
local LEASE_EXPIRED =
  ',"error":"LeaseExpired","message":"the worker stopped answering: it crashed, froze or ran out of time or memory"}'

local function reclaim(now, limit, missing)
  local expired = redis.call("ZRANGE", leases, "-inf", now, "BYSCORE", "LIMIT", 0, limit)
  if #expired == 0 then return {} end
  local reclaimed, pushes, writes, dead = {}, {}, {}, {}
  for i, text in ipairs(read(keys_of(expired))) do
    local id, state, body = expired[i], parse(text)
    if state and state.status == "processing" then
      local entry = entry_of(state, now, "lease_expired") .. LEASE_EXPIRED
      local after = changed(state, { token = false, progress = false })
      if state.retries < max_retries_of(text, body) then
        after.status, after.retries, after.run_at, after.started_at = "pending", state.retries + 1, now, nil
        add(pushes, id, text, body)
      else
        after.status, after.finished_at = "failed", now
        dead[#dead + 1], dead[#dead + 2] = now, id
      end
      writes[#writes + 1], writes[#writes + 2] = job .. id, remember(head_of(after), text, body, entry)
      reclaimed[#reclaimed + 1], reclaimed[#reclaimed + 2] = id, after.status
    else
      missing[#missing + 1] = id
    end
  end
  push(pushes)
  if #dead > 0 then grow(leases, "ZADD", failed, unpack(dead)) end
  if #writes > 0 then grow(leases, "MSET", unpack(writes)) end
  redis.call("ZREM", leases, unpack(expired))
  if #dead > 0 then redis.call("HINCRBY", counters, "failed", #dead / 2) end
  if #writes > 0 then redis.call("HINCRBY", counters, "lease_expired", #writes / 2) end
  return reclaimed
end
