-- unschedule: delete a schedule. Jobs that it made stay.
--
-- KEYS[1] queue      string  the stem of all keys
-- ARGV[1] name       string
--
-- MOVES    nothing
-- RETURNS  "deleted"; "missing" where there is none; "in_code" where code declares it
-- COSTS    4: HMGET, ZMSCORE, HDEL, ZREM; HINCRBY where it had a next slot
-- REPLAY   "missing": it is gone
local name = ARGV[1]

local entry = read_schedules({ name })[1]
if not entry.json then return "missing" end
if is_declared(entry.json) then return "in_code" end
local changes = nothing()
forget(changes, name)
apply(changes)
return "deleted"
