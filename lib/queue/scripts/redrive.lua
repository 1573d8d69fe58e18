-- redrive: put a failed or cancelled job back with fresh attempts. Its history and its errors stay.
--
-- KEYS[1] queue      string  the stem of all keys; from it:
--         scheduled  zset    job id -> when it may run (ms)
--         failed     zset    job id -> when it failed (ms)
--         cancelled  zset    job id -> when it was cancelled (ms)
--         counters   hash    totals
--         wake       string  a wake-up is in flight
--         asleep     string  set while ticks need not look (parts/sleep.lua)
-- KEYS[2] record     string  the job's record
-- ARGV[1] now        int     ms since the epoch; "" takes the server's clock
-- ARGV[2] id         string
-- ARGV[3] request    string  names this redrive, so that a resend is recognized
-- ARGV[4] wakeMs     int     how long a wake-up may be in flight
--
-- MOVES    failed, cancelled -> pending; into `scheduled` while the worker of a cancelled job may still run it
-- RETURNS  {"redriven", record, wake}; {"refused", record} where it is neither failed nor cancelled; {"missing"};
--          {"unique_conflict", id} of the job that holds its unique key
-- COSTS    7: MGET, TIME, LPUSH, MSET, ZREM, HINCRBY, SET where the list was empty; ZADD and DEL in place of LPUSH where the
--          job is held; 1 or 2 more where it has a unique key: MGET
-- REPLAY   "redriven" again: the record keeps the request that put it back. Wakes again as submit does
local now_given, id, request, wake_ms = ARGV[1], ARGV[2], ARGV[3], ARGV[4]

local text = redis.call("MGET", record)[1] -- unlike GET, no error for a key of another type
local state, body = parse(text)
if not state then return { "missing" } end
if state.redrive == request then
  local flag, waits = redis.call("GET", wake), state.status == "pending" and state.retries == 0
  return { "redriven", text, (flag == request or (waits and not flag)) and 1 or 0 }
end
if state.status ~= "failed" and state.status ~= "cancelled" then return { "refused", text } end

local writes = {}
local unique_field = unspent(state.unique)
local holder = unique_field and hold_again(unique_field, id, writes)
if holder then return { "unique_conflict", holder } end

local origin = state.status == "failed" and failed or cancelled
local now = clock(now_given)
local is_held = state.held_until and tonumber(state.held_until) > tonumber(now)
local fresh = { status = "pending", retries = 0, redrive = request, run_at = now, unique = unique_field, later = state.later }
if is_held then fresh.run_at, fresh.held_until, fresh.token = state.held_until, state.held_until, state.token end
local after = head_of(fresh) .. text:sub(body)
local length = 0
if is_held then
  grow(origin, "ZADD", scheduled, fresh.run_at, id)
  redis.call("DEL", asleep)
else
  length = grow(origin, "LPUSH", list_of(fresh, text, body), id)
end
grow(origin, "MSET", record, after, unpack(writes))
redis.call("ZREM", origin, id)
redis.call("HINCRBY", counters, "redriven", 1)
local must_wake = length == 1 and redis.call("SET", wake, request, "NX", "PX", wake_ms)
return { "redriven", after, must_wake and 1 or 0 }
