-- pause: claim no more jobs of the queue, or of one task, until a time or until it is resumed. Running jobs end.
-- Its part pauses says how a pause is stored, and the parts of claim what it does with one.
--
-- KEYS[1] queue      string  the stem of all keys; from it:
--         scheduled  zset    job id -> when it may run (ms); resume:queue and resume:task:… -> when a pause ends
--         leases     zset    job id -> lease expiry (ms)
--         wake       string  the wake flag: "paused" while the queue is
--         asleep     string  set while ticks need not look
--         paused     string  until when the queue is paused, and since when
--         paused_tasks string the same for tasks
-- ARGV[1] now        int     ms since the epoch; "" takes the server's clock
-- ARGV[2] task       string  "" the whole queue
-- ARGV[3] until      string  an instant, ms since the epoch; "-" for no end
--
-- MOVES    nothing: claims park the jobs of a paused task
-- RETURNS  "paused"; "past" or "too_far" where until is not within a year from now, "full" where 100 tasks are paused already
-- COSTS    5 or 6: MGET, TIME, SET, ZADD and DEL, or ZREM where there is no end; SET for the wake flag of the queue;
--          HINCRBY where it has got an end, or lost it
-- REPLAY   pauses again; if it was resumed meanwhile, that is undone. A pause that goes on keeps its beginning
local now_given, task, until_given = ARGV[1], ARGV[2], ARGV[3]
local MOST_TASKS, YEAR_MS, NET_MS = 100, 31536000000, 60000

local queue_text, tasks_text = unpack(redis.call("MGET", paused, paused_tasks))
local now = clock(now_given)
local pauses, for_ms = read_pauses(queue_text, tasks_text, now), tonumber(until_given) and tonumber(until_given) - tonumber(now)
if for_ms and for_ms <= 0 then return "past" end
if for_ms and for_ms > YEAR_MS then return "too_far" end

if task == "" then
  -- Keys expire by Redis' clock, so not where a test has injected another. A claim ends the pause before its key expires.
  local expires = for_ms and now_given == ""
  local function set(key, value, ms)
    if expires then grow(leases, "SET", key, value, "PX", string.format("%.0f", ms)) else grow(leases, "SET", key, value) end
  end
  local since = pauses.queue and pauses.queue.since ~= "" and pauses.queue.since or now
  set(paused, until_given .. " " .. since, for_ms and for_ms + NET_MS)
  set(wake, PAUSED, for_ms)
else
  if not pauses.of[task] and #pauses.tasks >= MOST_TASKS then return "full" end
  pause_task(pauses, task, until_given, now)
  write_pauses(pauses)
end
local name = task == "" and "resume:queue" or "resume:task:" .. task
if for_ms then
  count_timers(grow(leases, "ZADD", scheduled, until_given, name))
  redis.call("DEL", asleep)
else
  count_timers(-redis.call("ZREM", scheduled, name))
end
return "paused"
