-- runNow: let a job that waits for its time run as soon as possible.
--
-- KEYS[1] queue      string  the stem of all keys; from it:
--         scheduled  zset    job id -> when it may run (ms)
--         wake       string  a wake-up is in flight
-- KEYS[2] record     string  the job's record
-- ARGV[1] now        int     ms since the epoch; "" takes the server's clock
-- ARGV[2] id         string
-- ARGV[3] wakeMs     int     how long a wake-up may be in flight
--
-- MOVES    scheduled -> ready list; it stays pending. Not while the worker of a cancelled attempt may still run it
-- RETURNS  {"ready", record, wake}, also where it was ready before; {"held", record} where it must wait for that worker;
--          {"refused", record} where it is not pending; {"missing"}; {"unique_conflict", id} of the job that holds its unique key
-- COSTS    7: MGET, ZSCORE, TIME, LPUSH, MSET, ZREM, SET where the list was empty; 3 where it was ready before: MGET, ZSCORE, GET;
--          1 or 2 more where it may hold a unique key: MGET
-- REPLAY   "ready" again, or "refused" where a worker has claimed it meanwhile. Wakes again as submit does
local now_given, id, wake_ms = ARGV[1], ARGV[2], ARGV[3]

local text = redis.call("MGET", record)[1] -- unlike GET, no error for a key of another type
local state, body = parse(text)
if not state then return { "missing" } end
if state.status ~= "pending" then return { "refused", text } end
if not redis.call("ZSCORE", scheduled, id) then
  local flag = redis.call("GET", wake)
  return { "ready", text, (not flag or flag == id) and 1 or 0 }
end

local now = clock(now_given)
if state.held_until and tonumber(state.held_until) > tonumber(now) then return { "held", text } end
local writes = {}
local holder = state.unique and hold_again(state.unique, id, writes)
if holder then return { "unique_conflict", holder } end
local after = head_of(changed(state, { run_at = now, held_until = false, token = false })) .. text:sub(body)
local length = grow(scheduled, "LPUSH", list_of(state, text, body), id)
grow(scheduled, "MSET", record, after, unpack(writes))
redis.call("ZREM", scheduled, id)
local must_wake = length == 1 and redis.call("SET", wake, id, "NX", "PX", wake_ms)
return { "ready", after, must_wake and 1 or 0 }
