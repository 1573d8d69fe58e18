-- stats: how many jobs are where, how long the oldest has been ready, when the next is due, and all-time totals.
--
-- KEYS[1] queue      string  the stem of all keys; from it:
--         high       list    ready ids of priority high
--         normal     list    ready ids of priority normal
--         low        list    ready ids of priority low
--         suspects   list    ready ids of jobs that run apart from others
--         scheduled  zset    job id -> when it may run (ms); cron:… and resume:… are no jobs
--         leases     zset    job id -> lease expiry (ms)
--         completed  zset    job id -> when it completed (ms)
--         failed     zset    job id -> when it failed (ms)
--         cancelled  zset    job id -> when it was cancelled (ms)
--         counters   hash    totals; timers -> how many members of scheduled are no jobs
--         paused     string  until when the queue is paused, and since when
--         paused_tasks string the same for tasks
--         parked     string  parked .. task is the key of a list: ids of ready jobs of a paused task
--         job        string  job .. id is the key of a record
-- ARGV[1] now        int     ms since the epoch; "" takes the server's clock
--
-- MOVES    nothing
-- RETURNS  {now, high, normal, low, suspects, scheduled, leases, completed, failed, cancelled, {total, n …}, {oldest record …},
--          {paused, paused_tasks, n parked …}, next due}; "" for a key that is not there, n for each of the tasks in turn; next due:
--          when the first member of scheduled is due (ms), "" where there is none
-- COSTS    12 to 17: TIME, LLEN for 4 lists, LINDEX where one is not empty, 5 ZCARD, ZRANGE where something is scheduled, HGETALL,
--          MGET; LLEN for a paused task
-- REPLAY   safe: reads only
local now_given = ARGV[1]

local answer, read, records = { clock(now_given) }, { paused, paused_tasks }, {}
for _, list in ipairs({ high, normal, low, suspects }) do
  answer[#answer + 1] = redis.call("LLEN", list)
  local id = answer[#answer] > 0 and redis.call("LINDEX", list, -1)
  if id then read[#read + 1] = job .. id end
end
for _, zset in ipairs({ scheduled, leases, completed, failed, cancelled }) do
  answer[#answer + 1] = redis.call("ZCARD", zset)
end
local first = answer[6] > 0 and redis.call("ZRANGE", scheduled, 0, 0, "WITHSCORES") or {}
answer[#answer + 1] = redis.call("HGETALL", counters)
local texts = redis.call("MGET", unpack(read))
local pauses = { texts[1] or "", texts[2] or "" }
for i = 3, #read do records[i - 2] = parse(texts[i]) and texts[i] or "" end
for task in pauses[2]:gmatch("(%S+) %S+ %S+") do pauses[#pauses + 1] = tostring(redis.call("LLEN", parked .. task)) end
answer[#answer + 1], answer[#answer + 2], answer[#answer + 3] = records, pauses, first[2] or ""
return answer
