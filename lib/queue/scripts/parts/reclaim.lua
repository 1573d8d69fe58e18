-- reclaim: take back jobs whose leases ran out, because their worker crashed or froze. A job that ran alone spends the
-- attempt. Others do not: they become suspects, run again in a small group, and then alone.
--
-- USES  leases    zset    job id -> lease expiry (ms)
--       failed    zset    job id -> when it failed (ms)
--       counters  hash    totals
--       job       string  job .. id is the key of a record
-- TAKES now       int     ms since the epoch
--       limit     int     how many expired ids to look at
--       missing   table   gets the ids that were leased, but have no record, or one that says that the job is elsewhere
--       keepsHistory int  1: count the failed ones in the history, too
--
-- MOVES    processing -> pending, or failed where it was the last attempt
-- RETURNS  {id, status …} of the jobs that were taken back
-- COSTS    1: ZRANGE; where leases ran out 4 more, MGET, MSET, ZREM and HINCRBY, one LPUSH a list, and 2 where a job failed,
--          3 with the history, 1 more where that frees a unique key
-- REPLAY   takes back what has expired then
local CRASHED = "the worker stopped answering: it crashed, froze or ran out of time or memory"
local IN_COMPANY = ',"counted":false,"error":"LeaseExpired","message":"' .. CRASHED
  .. '. Other jobs ran beside this one, so the attempt is not counted"}'
local ALONE = ',"alone":true,"error":"LeaseExpired","message":"' .. CRASHED .. '. This job ran alone"}'
local MOST_CRASHES = 10 -- from then on each counts, even with other jobs there

-- Makes the state of a job whose worker crashed, and the end of its history's entry.
local function after_crash(state, max_retries, now)
  local crashes = (tonumber(state.crashes) or 0) + 1
  local known = { unknown_since = false, unknown_tries = false, expires_at = false, unique = spent(state.unique) } -- the attempt may have begun
  local after = changed(changed(state, known), { token = false, progress = false, alone = false, crashes = crashes })
  local is_counted = state.alone or crashes >= MOST_CRASHES
  if is_counted and state.retries >= max_retries then
    after.status, after.finished_at, after.crashes = "failed", now, nil
  else
    after.status, after.run_at, after.started_at = "pending", now, nil
    if is_counted then after.retries = state.retries + 1 end
  end
  if not is_counted then return after, IN_COMPANY end
  return after, state.alone and ALONE or ',"error":"LeaseExpired","message":"' .. CRASHED .. '"}'
end

local function reclaim(now, limit, missing, keeps_history)
  local expired = redis.call("ZRANGE", leases, "-inf", now, "BYSCORE", "LIMIT", 0, limit)
  if #expired == 0 then return {} end
  local reclaimed, pushes, writes, dead, freed = {}, {}, {}, {}, {}
  for i, text in ipairs(read(keys_of(expired))) do
    local id, state, body = expired[i], parse(text)
    if state and state.status == "processing" then
      local after, error = after_crash(state, max_retries_of(text, body), now)
      if after.status == "failed" then
        dead[#dead + 1], dead[#dead + 2] = now, id
        freed[#freed + 1] = key_until_finished(state) or nil
        if keeps_history == "1" then tally("failed", now) end
      else
        add(pushes, id, after, text, body)
      end
      local entry = entry_of(state, now, "lease_expired") .. error
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
  if #freed > 0 then redis.call("UNLINK", unpack(freed)) end
  if #dead > 0 then redis.call("HINCRBY", counters, "failed", #dead / 2) end
  if #writes > 0 then redis.call("HINCRBY", counters, "lease_expired", #writes / 2) end
  write_history(now)
  return reclaimed
end
