-- due: make jobs ready whose time has come.
--
-- USES  scheduled  zset   job id -> when it may run (ms). A member with a ':' is no job, and stays where it is
-- TAKES now        int    ms since the epoch
--       limit      int    how many due ids to look at
--       missing    table  gets the ids that were due, but have no record, or one that says that the job is elsewhere
--
-- MOVES    scheduled -> ready list
-- RETURNS  when the next job is due (ms); nil where none is to be seen
-- COSTS    1: ZRANGE; where jobs are due 2 more, MGET and ZREM, and one LPUSH a priority
-- REPLAY   moves what is due then
local function due(now, limit, missing)
  local entries, ids, next_due = redis.call("ZRANGE", scheduled, 0, limit, "WITHSCORES"), {}, nil
  for i = 1, #entries, 2 do
    if not find(entries[i], ":", 1, true) then
      if tonumber(entries[i + 1]) > tonumber(now) or #ids == limit then
        next_due = plus(entries[i + 1], 0)
        break
      end
      ids[#ids + 1] = entries[i]
    end
  end
  if #ids == 0 then return next_due end
  local pushes = {}
  for i, text in ipairs(read(keys_of(ids))) do
    local state, body = parse(text)
    if state and state.status == "pending" then add(pushes, ids[i], state, text, body) else missing[#missing + 1] = ids[i] end
  end
  push(pushes)
  redis.call("ZREM", scheduled, unpack(ids))
  return next_due
end
