-- leased: which jobs are leased, and since when each runs.
--
-- KEYS[1] queue      string  the stem of all keys; from it:
--         leases     zset    job id -> lease expiry (ms)
--         job        string  job .. id is the key of a record
-- ARGV[1] limit      int     how many to look at
--
-- MOVES    nothing
-- RETURNS  {id, when …} in no order: when its attempt began (ms), "0" where that is unknown. Ids without a record are left out
-- COSTS    2: ZRANGE, MGET
-- REPLAY   safe: reads only
local limit = tonumber(ARGV[1])

local ids = redis.call("ZRANGE", leases, 0, limit - 1)
if #ids == 0 then return {} end
local keys, answer = {}, {}
for i = 1, #ids do keys[i] = job .. ids[i] end
for i, text in ipairs(redis.call("MGET", unpack(keys))) do
  local state = parse(text)
  if text then answer[#answer + 1], answer[#answer + 2] = ids[i], state and state.started_at or "0" end
end
return answer
