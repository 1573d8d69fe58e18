-- resume: end the pause of the queue, or of one task, and wake a worker. Parked jobs go back to the front of their lists, the
-- first thousand now and the rest by the next claims (parts/unpark.lua).
--
-- KEYS[1] queue      string  the stem of all keys; from it:
--         scheduled  zset    job id -> when it may run (ms); resume:queue and resume:task:… -> when a pause ends
--         counters   hash    totals
--         wake       string  the wake flag: "paused" while the queue is
--         paused     string  until when the queue is paused, and since when
--         paused_tasks string the same for tasks
--         parked     string  parked .. task is the key of a list: ids of ready jobs of a paused task
-- ARGV[1] now        int     ms since the epoch; "" takes the server's clock
-- ARGV[2] task       string  "" the whole queue
-- ARGV[3] request    string  names this call, so that a resend is recognized
-- ARGV[4] wakeMs     int     how long a wake-up may be in flight
--
-- MOVES    parked -> ready list
-- RETURNS  {"resumed", wake}, or {"not_paused", wake}; wake 1: invoke a worker
-- COSTS    6 for the queue: MGET, TIME, 2 DEL, ZREM, SET; 9 or more for a task: MGET, TIME, ZREM, LRANGE, MGET, RPUSH a list, LTRIM,
--          DEL or SET, SET; HINCRBY where it had an end; 3 if it is not paused: MGET, TIME,
--          EXISTS for a task
-- REPLAY   "not_paused", or "resumed" once more where parked jobs are left; wakes again while the flag is its own
local now_given, task, request, wake_ms = ARGV[1], ARGV[2], ARGV[3], ARGV[4]

local queue_text, tasks_text, flag = unpack(redis.call("MGET", paused, paused_tasks, wake))
local now = clock(now_given)
local pauses, missing, is_resumed = read_pauses(queue_text, tasks_text, now), {}, false
if task == "" then
  is_resumed = queue_text or flag == PAUSED
  if is_resumed then
    flag = end_pause(flag)
    count_timers(-redis.call("ZREM", scheduled, "resume:queue"))
  end
elseif pauses.of[task] or redis.call("EXISTS", parked .. task) == 1 then -- also where nobody knows of the pause any more
  is_resumed = true
  pause_task(pauses, task, "+", now)
  count_timers(-redis.call("ZREM", scheduled, "resume:task:" .. task))
  if unpark(pauses, missing) then write_pauses(pauses) end
  if #missing > 0 then redis.call("HINCRBY", counters, "missing", #missing) end
end
local must_wake = flag == request or (is_resumed and redis.call("SET", wake, request, "NX", "PX", wake_ms))
return { is_resumed and "resumed" or "not_paused", must_wake and 1 or 0 }
