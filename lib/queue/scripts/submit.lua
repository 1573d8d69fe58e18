-- submit: accept one or many jobs, all or none, and say whether a worker must be woken for them. A job whose unique key another
-- one holds is not accepted; the others are.
-- Its parts: new_jobs reads and plans, unique_keys says who holds a key, conflicts answers.
--
-- KEYS[1] queue      string  the stem of all keys; from it:
--         scheduled  zset    job id -> when it may run (ms)
--         counters   hash    timers -> how many members of scheduled are no jobs
--         wake       string  a wake-up is in flight
--         asleep     string  set while ticks need not look (parts/sleep.lua)
-- ARGV[1] now        int     ms since the epoch; "" takes the server's clock, read only when a job is delayed or expires
-- ARGV[2] wakeMs     int     how long a wake-up may be in flight
-- ARGV[3] soonMs     int     a job due within this wakes a worker, which then waits for it
-- ARGV[4] maxWaiting int     the most that may wait in each place they go to; 0: any number
-- ARGV[5..] sent     string  id, record, place, payload …: see parts/new_jobs.lua
--
-- MOVES    nothing -> pending
-- RETURNS  {"accepted", wake} or {"full", 0}; wake 1: invoke a worker. Where one conflicts {"conflicts", wake, word …}: the
--          id of the job that holds its key, "" for one that was accepted. Where at least one id is taken {"exists", wake, word …}:
--          its record, else the id of the job that holds its key, else ""
-- COSTS    2 to 6: MSETNX, LPUSH a priority, SET where a list was empty or a job is due soon, TIME, ZADD and DEL where one is
--          delayed. With maxWaiting 1 more for each place: LLEN a priority, ZCARD (HGET where
--          it is above); where one is full, EXISTS, and those again where some conflict. PEXPIRE a unique key that expires. Where an
--          id or a key is taken, or two have one key, MGET; MGET where a key is; MSET where others are accepted
-- REPLAY   changes nothing: MSETNX refuses. Answers "exists" with the records; the caller knows its own by the id. A job that
--          conflicted left nothing: it is accepted now where its key is free, also beyond maxWaiting.
--          Wakes again while the flag is its own, or gone though a job still waits: the first answer was lost too long ago
local now_given, wake_ms, soon_ms, max_waiting, sent = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4]), ARGV

local jobs, now, taken, has_rivals = read_new_jobs(sent, 5, now_given)
local writes, due, pushes, expiring = plan_of(jobs)
local first_id = jobs[1].id

local function has_room()
  local over = #due > 0 and redis.call("ZCARD", scheduled) + #due / 2 - max_waiting or 0
  if over > 0 and over > tonumber(redis.call("HGET", counters, "timers") or 0) then return false end
  for list, ids in pairs(pushes) do
    if redis.call("LLEN", list) + #ids > max_waiting then return false end
  end
  return true
end
local is_full = max_waiting > 0 and not has_room()
if is_full and redis.call("EXISTS", unpack(taken)) == 0 then return { "full", 0 } end

local answer = { "accepted", 0 }
if has_rivals or redis.call("MSETNX", unpack(writes)) == 0 then
  local found = redis.call("MGET", wake, unpack(taken))
  local flag, waits, has_new = table.remove(found, 1), false, not find_conflicts(jobs, found)
  for _, new in ipairs(jobs) do
    local state = new.text and parse(new.text)
    if state and state.status == "pending" and not waits then
      now = now or clock(now_given)
      waits = not state.run_at or tonumber(state.run_at) - tonumber(now) <= soon_ms
    end
  end
  answer = words_of(has_new and "conflicts" or "exists", jobs)
  if flag == first_id and not has_new or waits and not flag then answer[2] = 1 end
  writes, due, pushes, expiring = plan_of(jobs)
  if #writes == 0 then return answer end
  -- of a resend, some have been accepted: "full" would let the caller submit those once more
  if is_full and has_new and not has_room() then return { "full", 0 } end
  redis.call("MSET", unpack(writes))
end

local was_empty, is_soon, refusal = false, false, nil
local function try(...)
  local reply = redis.pcall(...)
  if type(reply) == "table" then refusal = reply end
  return reply
end
for list, ids in pairs(pushes) do was_empty = try("LPUSH", list, unpack(ids)) == #ids or was_empty end
if #due > 0 and try("ZADD", scheduled, unpack(due)) then redis.call("DEL", asleep) end
for i = 1, #expiring, 2 do try("PEXPIRE", expiring[i], expiring[i + 1]) end
if refusal then -- a list or the database is full: nothing was accepted. Claims drop an id without a record
  for i = 1, #writes, 2 do redis.call("UNLINK", writes[i]) end
  return refusal
end
for i = 1, #due, 2 do is_soon = is_soon or tonumber(due[i]) - tonumber(now) <= soon_ms end

local must_wake = (was_empty or is_soon) and redis.call("SET", wake, first_id, "NX", "PX", wake_ms)
if must_wake then answer[2] = 1 end
return answer
