-- stats: how many jobs are where, how long the oldest has been ready, and the totals since ever.
--
-- KEYS[1] high       list    ready ids of priority high
-- KEYS[2] normal     list    ready ids of priority normal
-- KEYS[3] low        list    ready ids of priority low
-- KEYS[4] scheduled  zset    job id -> when it may run (ms)
-- KEYS[5] leases     zset    job id -> lease expiry (ms)
-- KEYS[6] completed  zset    job id -> when it completed (ms)
-- KEYS[7] failed     zset    job id -> when it failed (ms)
-- KEYS[8] cancelled  zset    job id -> when it was cancelled (ms)
-- KEYS[9] counters   hash    totals
-- ARGV[1] now        int     ms since the epoch; "" takes the server's clock
-- ARGV[2] prefix     string  job key = prefix .. id
--
-- MOVES    nothing
-- RETURNS  {now, high, normal, low, scheduled, leases, completed, failed, cancelled, {total, n …}, {oldest record …}}
-- COSTS    13: TIME, LLEN and LINDEX for 3 lists, 5 ZCARD, HGETALL; MGET where a job is ready
-- REPLAY   safe: reads only
local high, normal, low, scheduled, leases = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local completed, failed, cancelled, counters = KEYS[6], KEYS[7], KEYS[8], KEYS[9]
local now_given, prefix = ARGV[1], ARGV[2]

local answer, oldest, records = { clock(now_given) }, {}, {}
for _, list in ipairs({ high, normal, low }) do
  answer[#answer + 1] = redis.call("LLEN", list)
  local id = redis.call("LINDEX", list, -1)
  if id then oldest[#oldest + 1] = prefix .. id end
end
for _, zset in ipairs({ scheduled, leases, completed, failed, cancelled }) do
  answer[#answer + 1] = redis.call("ZCARD", zset)
end
answer[#answer + 1] = redis.call("HGETALL", counters)
if #oldest > 0 then
  for i, record in ipairs(redis.call("MGET", unpack(oldest))) do records[i] = record or "" end
end
answer[#answer + 1] = records
return answer
