-- schedule: make a schedule or change it, if it still is as the caller has read it.
--
-- KEYS[1] queue      string  the stem of all keys; from it:
--         schedules  hash    name -> definition (parts/definitions.lua)
-- ARGV[1] name       string
-- ARGV[2] json       string  its definition
-- ARGV[3] next       int     its next slot (ms); "" none
-- ARGV[4] pausedUntil int     until when it is paused (ms), "-" without end, "" not
-- ARGV[5] seen       string  as it was read (seen_of in parts/definitions.lua); "" where there was none
-- ARGV[6] most       int     how many schedules there may be
--
-- MOVES    nothing
-- RETURNS  "put"; "changed" where it is not as it was read; "in_code" where code declares it; "full"
-- COSTS    5: HMGET, ZMSCORE, ZADD, DEL, HSET; HLEN for a new one, and HKEYS above a third of the most; HDEL where it is not paused
--          any more, ZREM in place of ZADD and DEL where it has no next slot
-- REPLAY   "put" again, and nothing changes
local name, json, next, paused_until, seen, most = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5], tonumber(ARGV[6])

local entry = read_schedules({ name })[1]
local wanted = { json = json, next = next ~= "" and next, paused = paused_until ~= "" and paused_until }
if entry.json == json and seen_of(entry) == seen_of(wanted) then return "put" end
if entry.json and is_declared(entry.json) and not is_declared(json) then return "in_code" end
if seen_of(entry) ~= seen then return "changed" end
if not entry.json and redis.call("HLEN", schedules) >= most then
  local count = 0
  for _, field in ipairs(redis.call("HKEYS", schedules)) do
    if not field:find(" ", 1, true) then count = count + 1 end
  end
  if count >= most then return "full" end
end

local changes = nothing()
change(changes, name, entry, json, next, paused_until)
apply(changes)
return "put"
