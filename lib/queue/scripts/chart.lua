-- chart: read the history: what happened in the last 60 minutes, 24 hours or 30 days, and how long it took.
--
-- KEYS[1] queue      string  the stem of all keys; from it:
--         history    string  history .. hour, history .. "day:" .. day: the key of an hour, of a day
-- ARGV[1] now        int     ms since the epoch; "" takes the server's clock
-- ARGV[2] range      string  hour | day | month
--
-- MOVES    nothing
-- RETURNS  {now, place, counters, place, counters …}: for an hour the hours (since the epoch) that it lies in, with all their counters;
--          for a day its hours, for a month its days (since the epoch, UTC), with those that sum them up. Counters are text,
--          "number count number count …", without those that are 0; a place without any is left out
-- COSTS    2: TIME, MGET
-- REPLAY   safe: reads only
local now_given, range = ARGV[1], ARGV[2]

local now = clock(now_given)
local hour, day = math.floor(tonumber(now) / 3600000), math.floor(tonumber(now) / 86400000)
local keys, places, sums, answer = {}, {}, {}, { now }
local function ask(name, place) keys[#keys + 1], places[#places + 1] = history .. name, place end
if range == "month" then
  for each = day - 29, day do ask("day:" .. each, each) end
  for each = (day - 29) * 24, hour do ask(each, math.floor(each / 24)) end -- those that roll.lua has left
else
  for each = hour - (range == "day" and 23 or 1), hour do ask(each, each) end
end

local most = range == "hour" and math.huge or HEAD
for i, text in ipairs(redis.call("MGET", unpack(keys))) do
  if text then sums[places[i]] = add_counters(sums[places[i]] or {}, text, most) end
end
for place, counts in pairs(sums) do
  local words = {}
  for counter, n in pairs(counts) do words[#words + 1], words[#words + 2] = counter, string.format("%.0f", n) end
  answer[#answer + 1], answer[#answer + 2] = tostring(place), table.concat(words, " ")
end
return answer
