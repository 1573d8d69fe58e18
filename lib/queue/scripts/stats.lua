-- stats: how many jobs are where, how long the oldest has been ready, and all-time totals.
--
-- KEYS[1] queue      string  the stem of all keys; from it:
--         high       list    ready ids of priority high
--         normal     list    ready ids of priority normal
--         low        list    ready ids of priority low
--         suspects   list    ready ids of jobs that run apart from others
--         scheduled  zset    job id -> when it may run (ms)
--         leases     zset    job id -> lease expiry (ms)
--         completed  zset    job id -> when it completed (ms)
--         failed     zset    job id -> when it failed (ms)
--         cancelled  zset    job id -> when it was cancelled (ms)
--         counters   hash    totals
--         job        string  job .. id is the key of a record
-- ARGV[1] now        int     ms since the epoch; "" takes the server's clock
--
-- MOVES    nothing
-- RETURNS  {now, high, normal, low, suspects, scheduled, leases, completed, failed, cancelled, {total, n …}, {oldest record …}}
-- COSTS    15: TIME, LLEN and LINDEX for 4 lists, 5 ZCARD, HGETALL; MGET where a job is ready
-- REPLAY   safe: reads only
local now_given = ARGV[1]

local answer, oldest, records = { clock(now_given) }, {}, {}
for _, list in ipairs({ high, normal, low, suspects }) do
  answer[#answer + 1] = redis.call("LLEN", list)
  local id = redis.call("LINDEX", list, -1)
  if id then oldest[#oldest + 1] = job .. id end
end
for _, zset in ipairs({ scheduled, leases, completed, failed, cancelled }) do
  answer[#answer + 1] = redis.call("ZCARD", zset)
end
answer[#answer + 1] = redis.call("HGETALL", counters)
if #oldest > 0 then
  for i, record in ipairs(redis.call("MGET", unpack(oldest))) do records[i] = parse(record) and record or "" end
end
answer[#answer + 1] = records
return answer
