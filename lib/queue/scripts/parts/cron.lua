-- cron: hand back schedules with a due slot, so that the worker plans and fires them (fire.lua). They stay due until it has.
--
-- USES  scheduled  zset    cron: .. name -> the next slot (ms)
--       schedules  hash    name -> definition (definitions.lua)
-- TAKES dueNames   table   the due members with a ':', each followed by when it was due: name, ms …
--
-- MOVES    nothing
-- RETURNS  {name, slot, definition …}
-- COSTS    HMGET where a schedule is due; ZREM and HINCRBY where one has no definition
-- REPLAY   the same, as long as nobody has fired them
local function cron(due_names)
  local names, slots, answer, gone = {}, {}, {}, {}
  for i = 1, #due_names, 2 do
    if sub(due_names[i], 1, 5) == "cron:" then names[#names + 1], slots[#slots + 1] = sub(due_names[i], 6), due_names[i + 1] end
  end
  if #names == 0 then return answer end
  for i, json in ipairs(redis.call("HMGET", schedules, unpack(names))) do
    local n = #answer
    if json then answer[n + 1], answer[n + 2], answer[n + 3] = names[i], slots[i], json else gone[#gone + 1] = "cron:" .. names[i] end
  end
  if #gone > 0 then count_timers(-redis.call("ZREM", scheduled, unpack(gone))) end
  return answer
end
