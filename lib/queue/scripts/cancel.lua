-- cancel: end a job that has not finished. A running attempt hears of it when it next extends or settles.
--
-- KEYS[1] high       list    ready ids of priority high
-- KEYS[2] normal     list    ready ids of priority normal
-- KEYS[3] low        list    ready ids of priority low
-- KEYS[4] scheduled  zset    job id -> when it may run (ms)
-- KEYS[5] leases     zset    job id -> lease expiry (ms)
-- KEYS[6] cancelled  zset    job id -> when it was cancelled (ms)
-- KEYS[7] counters   hash    totals
-- KEYS[8] record     string  the job's record
-- ARGV[1] now        int     ms since the epoch; "" takes the server's clock
-- ARGV[2] id         string
--
-- MOVES    pending, processing -> cancelled
-- RETURNS  {"cancelled", record}; {"finished", record} where it completed or failed before; {"missing"}
-- COSTS    6 or 7: MGET, TIME, ZADD, SET, ZREM and LREM as needed, HINCRBY. LREM walks the list: finding a ready job takes
--          time with depth
-- REPLAY   "cancelled" again, and nothing more
local ready = { high = KEYS[1], normal = KEYS[2], low = KEYS[3] }
local scheduled, leases, cancelled, counters, record_key = KEYS[4], KEYS[5], KEYS[6], KEYS[7], KEYS[8]
local now_given, id = ARGV[1], ARGV[2]

local record = redis.call("MGET", record_key)[1] -- unlike GET, no error for a key of another type
local state, body = parse(record)
if not state then return { "missing" } end
if state.status == "cancelled" then return { "cancelled", record } end
if state.status ~= "pending" and state.status ~= "processing" then return { "finished", record } end

local now, running = clock(now_given), state.status == "processing"
local head = head_of(changed(state, { status = "cancelled", finished_at = now, token = false }))
local text = running and remember(head, record, body, entry_of(state, now, "cancelled", "")) or head .. record:sub(body)
grow(cancelled, "ZADD", cancelled, now, id)
grow(cancelled, "SET", record_key, text)
if running then
  redis.call("ZREM", leases, id)
elseif not state.run_at or redis.call("ZREM", scheduled, id) == 0 then
  redis.call("LREM", ready[priority_of(record, body)] or ready.normal, 1, id)
end
redis.call("HINCRBY", counters, "cancelled", 1)
return { "cancelled", text }
