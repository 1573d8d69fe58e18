-- redrive: put a failed or cancelled job back with fresh attempts. Its history stays.
--
-- KEYS[1] high       list    ready ids of priority high
-- KEYS[2] normal     list    ready ids of priority normal
-- KEYS[3] low        list    ready ids of priority low
-- KEYS[4] failed     zset    job id -> when it failed (ms)
-- KEYS[5] cancelled  zset    job id -> when it was cancelled (ms)
-- KEYS[6] counters   hash    totals
-- KEYS[7] wake       string  a wake-up is in flight
-- KEYS[8] record     string  the job's record
-- ARGV[1] now        int     ms since the epoch; "" takes the server's clock
-- ARGV[2] id         string
-- ARGV[3] request    string  names this redrive, so that a resend is known
-- ARGV[4] wakeMs     int     how long a wake-up may be in flight
--
-- MOVES    failed, cancelled -> pending
-- RETURNS  {"redriven", record, wake}; {"refused", record} where it has not ended badly; {"missing"}
-- COSTS    7: MGET, TIME, LPUSH, SET, ZREM, HINCRBY, SET where the list was empty
-- REPLAY   "redriven" again: the record keeps the request that put it back. Wakes again as submit does
local ready = { high = KEYS[1], normal = KEYS[2], low = KEYS[3] }
local failed, cancelled, counters, wake, record_key = KEYS[4], KEYS[5], KEYS[6], KEYS[7], KEYS[8]
local now_given, id, request, wake_ms = ARGV[1], ARGV[2], ARGV[3], ARGV[4]

local record = redis.call("MGET", record_key)[1] -- unlike GET, no error for a key of another type
local state, body = parse(record)
if not state then return { "missing" } end
if state.redrive == request then
  local flag, waits = redis.call("GET", wake), state.status == "pending" and state.retries == 0
  return { "redriven", record, (flag == request or (waits and not flag)) and 1 or 0 }
end
if state.status ~= "failed" and state.status ~= "cancelled" then return { "refused", record } end

local origin = state.status == "failed" and failed or cancelled
local text = head_of({ status = "pending", retries = 0, redrive = request, run_at = clock(now_given) }) .. record:sub(body)
local length = grow(origin, "LPUSH", ready[priority_of(record, body)] or ready.normal, id)
grow(origin, "SET", record_key, text)
redis.call("ZREM", origin, id)
redis.call("HINCRBY", counters, "redriven", 1)
local must_wake = length == 1 and redis.call("SET", wake, request, "NX", "PX", wake_ms)
return { "redriven", text, must_wake and 1 or 0 }
