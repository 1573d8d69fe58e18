-- declare: make the schedules that code declares those of this version, if they still are as the caller has read them.
--
-- KEYS[1] queue      string  the stem of all keys; from it:
--         schedules  hash    name -> definition (parts/definitions.lua)
-- ARGV[1] now        int     ms since the epoch; "" takes the server's clock
-- ARGV[2] note       string  what is declared, JSON without its last brace: the instant of this call follows, and the brace
-- ARGV[3] seenNote   string  the note as it was read; "" where there was none
-- ARGV[4] most       int     how many schedules there may be
-- ARGV[5..] sent     string  name, definition ("" to delete it), next ("" none), pausedUntil ("" not, "-" without end, else ms), seen
--                            (seen_of in parts/definitions.lua) …
--
-- MOVES    nothing
-- RETURNS  "declared"; "changed" where something is not as it was read; "full" where there would be too many
-- COSTS    9: HGET, TIME, HLEN, HMGET, ZMSCORE, ZADD, DEL, HSET; HDEL and ZREM where schedules are deleted, HKEYS near the most
-- REPLAY   "changed": the note is its own, so the caller finds that nothing is to be done
local now_given, note, seen_note, most, sent = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4]), ARGV

if (redis.call("HGET", schedules, CODE) or "") ~= seen_note then return "changed" end
local names = {}
for i = 5, #sent, 5 do names[#names + 1] = sent[i] end
local changes, added = nothing(), 0
for i, entry in ipairs(read_schedules(names)) do
  local name, json, next, paused_until, seen = unpack(sent, 5 * i, 5 * i + 4)
  if seen_of(entry) ~= seen then return "changed" end
  added = added + (json == "" and -1 or entry.json and 0 or 1)
  if json == "" then forget(changes, name) else change(changes, name, entry, json, next, paused_until) end
end
if added > 0 and redis.call("HLEN", schedules) + added > most then
  for _, field in ipairs(redis.call("HKEYS", schedules)) do
    if not field:find(" ", 1, true) then added = added + 1 end
  end
  if added > most then return "full" end
end
table.insert(changes.sets, CODE)
table.insert(changes.sets, note .. ',"at":' .. clock(now_given) .. "}")
apply(changes)
return "declared"
