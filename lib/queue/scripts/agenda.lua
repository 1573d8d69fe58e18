-- agenda: read schedules, by their names or a page of all.
--
-- KEYS[1] queue      string  the stem of all keys; from it:
--         schedules  hash    name -> definition (parts/definitions.lua)
-- ARGV[1] now        int     ms since the epoch; "" takes the server's clock
-- ARGV[2] after      string  the page begins behind this name
-- ARGV[3] limit      int     how many schedules a page has at most, up to 1,000; 0: those that are named
-- ARGV[4..] names    string  at most 1,000
--
-- MOVES    nothing
-- RETURNS  {now, how many there are ("" where names were given), {name, definition, next, last, paused …}}, in the order of
--          their names or as named. "" for what one has not
-- COSTS    3: TIME, HMGET, ZMSCORE; HKEYS for a page
-- REPLAY   safe: reads only
local now_given, after, limit, names = ARGV[1], ARGV[2], tonumber(ARGV[3]), { unpack(ARGV, 4) }

local total = ""
if limit > 0 then
  names, total = {}, 0
  for _, field in ipairs(redis.call("HKEYS", schedules)) do
    if not field:find(" ", 1, true) then
      total = total + 1
      if field > after then names[#names + 1] = field end
    end
  end
  table.sort(names)
  total, names = tostring(total), { unpack(names, 1, math.min(limit, #names)) }
end

local answer = {}
for i, entry in ipairs(read_schedules(names)) do
  for _, value in ipairs({ names[i], entry.json or "", entry.next or "", entry.last_run or "", entry.paused or "" }) do
    answer[#answer + 1] = value
  end
end
return { clock(now_given), total, answer }
