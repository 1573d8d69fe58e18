-- suspend: pause a schedule, or let it go on, if it still is as the caller has read it.
--
-- KEYS[1] queue      string  the stem of all keys
-- ARGV[1] name       string
-- ARGV[2] next       int     its next slot (ms); "" none
-- ARGV[3] pausedUntil int     until when it is paused (ms), "-" without end, "" not
-- ARGV[4] seen       string  as it was read (seen_of in parts/definitions.lua)
--
-- MOVES    nothing
-- RETURNS  "done"; "changed" where it is not as it was read; "missing" where there is none
-- COSTS    4 to pause: HMGET, ZMSCORE, HSET, ZREM; 5 to go on: HDEL, ZADD and DEL in place of the last two.
--          HINCRBY where it has got a slot, or has none any more
-- REPLAY   "done" again, and nothing changes
local name, next, paused_until, seen = ARGV[1], ARGV[2], ARGV[3], ARGV[4]

local entry = read_schedules({ name })[1]
if not entry.json then return "missing" end
local wanted = { json = entry.json, next = next ~= "" and next, paused = paused_until ~= "" and paused_until }
if seen_of(entry) == seen_of(wanted) then return "done" end
if seen_of(entry) ~= seen then return "changed" end

local changes = nothing()
change(changes, name, entry, entry.json, next, paused_until)
apply(changes)
return "done"
