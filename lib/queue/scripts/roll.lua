-- roll: add hours of the history that are older than a day to their days, and forget their minutes.
--
-- KEYS[1] queue      string  the stem of all keys; from it:
--         history    string  history .. hour, history .. "day:" .. day: the key of an hour, of a day
-- ARGV[1] now        int     ms since the epoch; "" takes the server's clock
-- ARGV[2] limit      int     how many hours to add at most
--
-- MOVES    nothing
-- RETURNS  how many hours were added; a full limit means there may be more
-- COSTS    2: TIME, MGET; where hours are old enough, BITFIELD and PEXPIRE a day, and one UNLINK
-- REPLAY   safe: an hour that was added is gone
local now_given, limit = ARGV[1], tonumber(ARGV[2])

local hour = math.floor(tonumber(clock(now_given)) / 3600000)
local keys, days, rolled, oldest = {}, {}, {}, hour - 32 * 24
for each = oldest, hour - 25 do keys[#keys + 1] = history .. each end
for i, text in ipairs(redis.call("MGET", unpack(keys))) do
  if text and #rolled < limit then
    local day = math.floor((oldest + i - 1) / 24)
    days[day], rolled[#rolled + 1] = add_counters(days[day] or {}, text, HEAD), keys[i]
  end
end
for day, counts in pairs(days) do
  local changes = {}
  for counter, n in pairs(counts) do
    for _, word in ipairs({ "INCRBY", "u32", "#" .. counter, string.format("%.0f", n) }) do changes[#changes + 1] = word end
  end
  redis.call("BITFIELD", history .. "day:" .. day, unpack(changes))
  redis.call("PEXPIRE", history .. "day:" .. day, 2764800000) -- 32 days, as an hour
end
if #rolled > 0 then redis.call("UNLINK", unpack(rolled)) end
return #rolled
