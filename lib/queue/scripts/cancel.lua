-- cancel: end a job that has not finished. A running attempt hears of it when it next extends or settles.
--
-- KEYS[1] queue      string  the stem of all keys; from it:
--         cancelled  zset    job id -> when it was cancelled (ms)
--         counters   hash    totals
-- KEYS[2] record     string  the job's record
-- ARGV[1] now        int     ms since the epoch; "" takes the server's clock
-- ARGV[2] leaseMs    int     how long a worker that does not hear of it may go on
-- ARGV[3] id         string
-- ARGV[4] keepsHistory int   1: count it in the history, too
--
-- MOVES    pending, processing -> cancelled
-- RETURNS  {"cancelled", record}; {"finished", record} where it completed or failed before; {"missing"}
-- COSTS    6 or 7: MGET, TIME, ZADD, SET, HINCRBY; 1 or 2 to take it out of its place (parts/leave.lua);
--          2 more to free a unique key: MGET, UNLINK; BITFIELD with the history
-- REPLAY   "cancelled" again, and nothing more
local now_given, lease_ms, id, keeps_history = ARGV[1], ARGV[2], ARGV[3], ARGV[4] == "1"

local text = redis.call("MGET", record)[1] -- unlike GET, no error for a key of another type
local state, body = parse(text)
if not state then return { "missing" } end
if state.status == "cancelled" then return { "cancelled", text } end
if state.status ~= "pending" and state.status ~= "processing" then return { "finished", text } end

local now, running = clock(now_given), state.status == "processing"
-- The token stays until its worker knows, and no other attempt begins before that or the end of the lease.
local held_until = running and plus(now, lease_ms) or nil
local changes = { status = "cancelled", finished_at = now, held_until = held_until, crashes = false, alone = false }
changes.unknown_since, changes.unknown_tries, changes.expires_at = false, false, false
local head = head_of(changed(state, changes))
local after = running and remember(head, text, body, entry_of(state, now, "cancelled") .. "}") or head .. text:sub(body)
grow(cancelled, "ZADD", cancelled, now, id)
grow(cancelled, "SET", record, after)
leave(id, state, text, body)
redis.call("HINCRBY", counters, "cancelled", 1)
if state.unique then release({ state.unique, id }) end
if keeps_history then tally("cancelled", now) end
write_history(now)
return { "cancelled", after }
